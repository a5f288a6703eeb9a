"""The platform's interventions: per-user weights in, terms out (Section 4.2, Appendix B). One file a mechanism.

To add one, write a frozen dataclass with a ``deploy`` method in a file of its own and name it in `MECHANISMS`.
"""

from __future__ import annotations

from collections.abc import Callable

from ecosystem_agents.inputs import lookup
from ecosystem_agents.mechanisms.enrichment import Enrichment
from ecosystem_agents.mechanisms.halved import HalvedUser
from ecosystem_agents.mechanisms.hmt import HMT
from ecosystem_agents.mechanisms.mappings import TABLE_1, PiecewiseConstant, RetrievedShare, list_length
from ecosystem_agents.mechanisms.no_intervention import NoIntervention
from ecosystem_agents.mechanisms.sharpness import HMTSharpness, SMTSharpness
from ecosystem_agents.mechanisms.smt import SMT
from ecosystem_agents.mechanisms.terms import Mechanism, Terms, default_terms
from ecosystem_agents.mechanisms.uir import UIR
from ecosystem_agents.mechanisms.uniform import Uniform

__all__ = [
    "HMT",
    "MECHANISMS",
    "SMT",
    "TABLE_1",
    "UIR",
    "Enrichment",
    "HMTSharpness",
    "HalvedUser",
    "Mechanism",
    "NoIntervention",
    "PiecewiseConstant",
    "RetrievedShare",
    "SMTSharpness",
    "Terms",
    "Uniform",
    "default_terms",
    "list_length",
    "mechanism_of",
]

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

    Raises
    ------
    BadInput
        If there is no such mechanism, it cannot be made, or it has no ``deploy``.
    """
    return lookup.object_of("mechanism", name_or_mechanism, MECHANISMS, "deploy")
