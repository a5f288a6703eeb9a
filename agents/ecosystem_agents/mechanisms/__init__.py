"""The platform's interventions: per-user weights in, terms out (Section 4.2, Appendix B). One file a mechanism.

To add one, write a frozen dataclass with a ``deploy`` method in a file of its own and name it in `MECHANISMS`.
"""

from __future__ import annotations

from collections.abc import Callable

from ecosystem_agents.inputs import lookup
from ecosystem_agents.mechanisms.enrichment import Enrichment as Enrichment
from ecosystem_agents.mechanisms.halved import HalvedUser as HalvedUser
from ecosystem_agents.mechanisms.hmt import HMT as HMT
from ecosystem_agents.mechanisms.mappings import TABLE_1 as TABLE_1
from ecosystem_agents.mechanisms.mappings import PiecewiseConstant as PiecewiseConstant
from ecosystem_agents.mechanisms.mappings import RetrievedShare as RetrievedShare
from ecosystem_agents.mechanisms.mappings import list_length as list_length
from ecosystem_agents.mechanisms.no_intervention import NoIntervention as NoIntervention
from ecosystem_agents.mechanisms.sharpness import HMTSharpness as HMTSharpness
from ecosystem_agents.mechanisms.sharpness import SMTSharpness as SMTSharpness
from ecosystem_agents.mechanisms.smt import SMT as SMT
from ecosystem_agents.mechanisms.terms import Mechanism as Mechanism
from ecosystem_agents.mechanisms.terms import Terms as Terms
from ecosystem_agents.mechanisms.terms import default_terms as default_terms
from ecosystem_agents.mechanisms.uir import UIR as UIR
from ecosystem_agents.mechanisms.uniform import Uniform as Uniform

MECHANISMS: dict[str, Callable[..., Mechanism]] = {
    "none": NoIntervention,
    "uir": UIR,
    "smt": SMT,
    "hmt": HMT,
    "uniform": Uniform,
    "halved": HalvedUser,
    "enrichment": Enrichment,
    "smt_sharpness": SMTSharpness,
    "hmt_sharpness": HMTSharpness,
}
"""Every mechanism by the name people type."""


def mechanism_of(name_or_mechanism: str | Mechanism) -> Mechanism:
    """Return the mechanism of that name (see `lookup`), or the object itself if it can ``deploy``.

    Examples
    --------
    >>> mechanism_of("uniform(K=4)")
    Uniform(beta=None, K=4)
    """
    return lookup.object_of("mechanism", name_or_mechanism, MECHANISMS, "deploy")
