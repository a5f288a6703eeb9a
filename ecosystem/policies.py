"""Policies: what is shown, how creators are paid, how users are weighted, by name.

To add one, name it in `POLICIES`, or write a table of it in a TOML file and hand that in::

    [my_policy]
    mechanism = "uniform(K=4)"    # what is shown
    reward = "contribution"       # what creators are paid
    pay_terms = "default"         # pay is computed on the default beta and K, whatever is deployed
    weighting = "uir"             # rewards are multiplied by Algorithm 1's weights
    w_max = 2.0                   # and how far those may go
    turnover = "least_paid"       # who is paid least makes room for a newcomer
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ecosystem.economy.parameters import CHECKS, NAMING, Parameters
from ecosystem.rewards import REWARDS, reward_of
from ecosystem.turnover import turnover_of
from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput, choice, parsed_toml
from ecosystem_agents.mechanisms import MECHANISMS, UIR, mechanism_of


@dataclass(frozen=True)
class Policy:
    """What a platform does, in three parts: what is shown, how creators are paid, and how users are weighted in pay.

    Raises
    ------
    BadInput
        If `pay_terms` or `weighting` is none of those.

    Examples
    --------
    >>> Policy("mine", mechanism="uniform(K=4)", reward="contribution").summary
    'shows uniform(K=4), pays contribution'
    """

    name: str  # what people type and tables show
    mechanism: str = "none"  # what is shown: the terms users are matched on
    reward: str = "relevance"  # what a match pays its creator
    pay_terms: str = "deployed"  # that pay is computed on: "deployed" or "default"
    weighting: str = "mechanism"  # as the mechanism says, or "uir": by Algorithm 1's weights besides
    reference: str = ""  # where it comes from
    needs: str = ""  # what a platform must know to run it
    alpha: float | None = None  # temperature of Algorithm 1; None leaves it to the run, as the bounds
    w_min: float | None = None
    w_max: float | None = None
    turnover: str | None = None  # which creators give up, as the others by default
    newcomer: str | None = None  # and where those come who take their places

    def __post_init__(self) -> None:
        where = f"of policy {self.name}"
        CHECKS["pay_terms"](f"pay_terms {where}", self.pay_terms)
        CHECKS["weighting"](f"weighting {where}", self.weighting)

    @property
    def summary(self) -> str:
        """The policy in a line."""
        terms = "" if self.pay_terms == "deployed" else ", on default terms"
        weighted = "" if self.weighting == "mechanism" else ", users weighted by Algorithm 1"
        others = f", with {self.others}" if self.others else ""
        return f"shows {self.mechanism}, pays {self.reward}{terms}{weighted}{others}"

    @property
    def others(self) -> str:
        """What else it decides than every policy does, as a line."""
        own = self.parameters()
        return ", ".join(f"{name} {own[name]}" for name in own if name not in DECIDED)

    def parameters(self) -> dict[str, Any]:
        """Return the keyword arguments of `CreatorEconomy` that make this policy."""
        own = {name: getattr(self, name) for name in KEYS if name not in ("reference", "needs")}
        return {name: value for name, value in own.items() if value is not None}


BASE = "none"
"""Name of the policy that all others are compared with: no intervention."""

_PAPER = "Yao et al., User Welfare Optimization"
_OURS = "this project"
_SCORES = "the scores of the items on each list"
_WITHOUT = f"{_SCORES} and of the first one left out"
_TWO_LISTS = f"{_WITHOUT}, at the default K as well as at 4"
_AND_GROUPS = "; groups of users, and what each group got"
_PAID = {"contribution": "contribution to", "lift": "lift on"}


def _by_default_list(name: str, mechanism: str, reward: str, shown: str, needs: str) -> Policy:
    """Return a policy that shows one thing and pays as if the default list were."""
    reference = f"{shown} shown, {_PAID[reward]} the default list paid"
    return Policy(name, mechanism, reward, "default", reference=reference, needs=needs)


POLICIES: dict[str, Policy] = {
    policy.name: policy
    for policy in (
        Policy(BASE, reference=f"{_PAPER}, Eqs. (1), (5)", needs=_SCORES),
        Policy("traffic", reward="traffic", reference=f"{_PAPER}, Eq. (6)", needs="who was shown what"),
        Policy(
            "uir", weighting="uir", reference=f"{_PAPER}, Eq. (8), Algorithm 3", needs=_SCORES + _AND_GROUPS
        ),
        Policy("smt", "smt", reference=f"{_PAPER}, Eq. (9), Algorithm 4", needs=_SCORES + _AND_GROUPS),
        Policy("hmt", "hmt", reference=f"{_PAPER}, Eq. (10), Algorithm 5", needs=_SCORES + _AND_GROUPS),
        Policy(
            "relevance_at_4",
            "uniform(K=4)",
            reference="sharper matching for all where lists are longer by default, no steering",
            needs=_SCORES,
        ),
        Policy(
            "relevance_sharp",
            "uniform(beta=0.02)",
            reference="sharper matching for all, no steering",
            needs=_SCORES,
        ),
        Policy(
            "lift", reward="lift", reference=f"{_OURS}: relevance over the first one left out", needs=_WITHOUT
        ),
        Policy(
            "contribution",
            reward="contribution",
            reference=f"{_OURS}: what users would lose; welfare is an exact potential",
            needs=_WITHOUT,
        ),
        Policy(
            "contribution_uir",
            reward="contribution",
            weighting="uir",
            reference=f"{_OURS} with Eq. (8): weighted welfare is the potential",
            needs=_WITHOUT + _AND_GROUPS,
        ),
        Policy(
            "contribution_turnover",
            reward="contribution",
            turnover="least_paid",
            reference=f"{_OURS}: who is paid least makes room for a newcomer",
            needs=f"{_WITHOUT}; when a creator gives up",
        ),
        Policy(
            "relevance_turnover",
            turnover="least_paid",
            reference=f"the control of contribution_turnover: {_PAPER}, Eqs. (1), (5)",
            needs=f"{_SCORES}; when a creator gives up",
        ),
        Policy(
            "hmt_turnover",
            "hmt",
            turnover="least_paid",
            reference=f"{_PAPER}, Eq. (10), with turnover",
            needs=f"{_SCORES}{_AND_GROUPS}; when a creator gives up",
        ),
        _by_default_list("contribution_at_4", "uniform(K=4)", "contribution", f"{_OURS}: K = 4", _TWO_LISTS),
        _by_default_list(
            "contribution_sharp", "uniform(beta=0.02)", "contribution", f"{_OURS}: beta = 0.02", _WITHOUT
        ),
        _by_default_list("lift_at_4", "uniform(K=4)", "lift", f"{_OURS}: K = 4", _TWO_LISTS),
        _by_default_list("smt_contribution", "smt", "contribution", "Eq. (9)", _WITHOUT + _AND_GROUPS),
        _by_default_list("hmt_contribution", "hmt", "contribution", "Eq. (10)", _WITHOUT + _AND_GROUPS),
    )
}
"""Every named policy."""

KEYS = tuple(field.name for field in fields(Policy) if field.name != "name")

DECIDED = (*POLICIES[BASE].parameters(), "schedule")
"""Parameters that every policy decides; what else one gives goes before what its run has."""


def policy_of(text: str) -> Policy:
    """Return the policy of that name; the name of one part is a policy too: that part, the rest as usual.

    Parameters
    ----------
    text : str
        A name in `POLICIES` or of an installed package, or a mechanism or reward as `lookup` names them:
        ``smt``, ``lift``, ``uniform(K=4)``, ``mine.py:Quota``.

    Raises
    ------
    BadInput
        If it names none of them.

    Examples
    --------
    >>> policy_of("smt").mechanism, policy_of("uniform(K=4)").mechanism  # by name, and of one part
    ('smt', 'uniform(K=4)')
    """
    if text in POLICIES:
        return POLICIES[text]
    name, _ = lookup.parse("policy", text)
    mechanisms, rewards = lookup.names_of("mechanism", MECHANISMS), lookup.names_of("reward", REWARDS)
    if name in mechanisms or ".py:" in name:
        return _of_part(text, lookup.find("mechanism", name, MECHANISMS))
    if name in rewards:
        return _of_part(text, lookup.find("reward", name, REWARDS))
    packaged = lookup.names_of("policy", {})
    if name in packaged:
        found: Any = lookup.make("policy", text, {})
        if isinstance(found, Policy):
            return found
        raise BadInput(f"policy {name} is a {type(found).__name__}; its package must name a Policy")
    choice("policy", name, dict.fromkeys([*POLICIES, *packaged, *mechanisms, *rewards]))
    raise AssertionError("choice lets no other name pass")


def _of_part(text: str, part: Any) -> Policy:
    about: dict[str, Any] = {key: str(getattr(part, key, "")) for key in ("reference", "needs")}
    about["mechanism" if hasattr(part, "deploy") else "reward"] = lookup.absolute(text)
    return Policy(lookup.short(text), **about)


def policies_of(text: str | Path) -> list[Policy]:
    """Return the policies of a comma list of names or of a TOML file, in its order.

    Raises
    ------
    BadInput
        If a name or key is unknown, one comes twice, or there is none.

    Examples
    --------
    >>> [policy.reward for policy in policies_of("none, contribution")]
    ['relevance', 'contribution']
    """
    names = lookup.split_names(str(text))
    if str(text).endswith(".toml") and (len(names) == 1 or os.path.isfile(text)):
        return read_policies(Path(text))
    if not names:
        raise BadInput("policies names none; give names such as smt,contribution, or a TOML file")
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise BadInput(f"policies names {twice[0]} twice; name each once")
    for name in names:
        if re.match(r"[^(:]*([/\\][^(:]*|\.to?ml)$", name):
            raise BadInput(f"policies names {name!r}; a file of policies stands alone, and ends in .toml")
    return [policy_of(name) for name in names]


def read_policies(path: Path) -> list[Policy]:
    """Read a TOML file with a table a policy.

    Raises
    ------
    BadInput
        If it cannot be read or used: one line that names the file, the policy and the key.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "policies.toml"
    >>> _ = path.write_text('mine.reward = "lift"')
    >>> [policy.summary for policy in read_policies(path)]
    ['shows none, pays lift']
    """
    return parsed_toml("file of policies", path, _from_tables)


def _from_tables(raw: Mapping[str, Any]) -> list[Policy]:
    if not raw:
        raise BadInput('it is empty; write a table a policy, such as [mine] and reward = "contribution"')
    return [_from_table(name, table) for name, table in raw.items()]


def _from_table(name: str, table: Any) -> Policy:
    if not isinstance(table, Mapping):
        raise BadInput(f"{name} is {table!r}; it must be a table: [{name}]")
    if not re.fullmatch(r"[\w .:=()+-]+", name):
        raise BadInput(f"a policy is called {name!r}; use letters, digits, spaces and _-+.:=()")
    for key, value in table.items():
        choice(f"a key of policy {name}", key, KEYS)
        wants_number = key in ("alpha", "w_min", "w_max")
        if isinstance(value, bool) or not isinstance(value, (int, float) if wants_number else str):
            raise BadInput(
                f"{key} of policy {name} is {value!r}; it must be a {'number' if wants_number else 'text'}"
            )
    own: dict[str, Any] = {
        key: lookup.absolute(value) if key in NAMING else value for key, value in table.items()
    }
    policy = Policy(name, **own)
    try:
        Parameters(**policy.parameters())
        parts = [mechanism_of(policy.mechanism), reward_of(policy.reward)]
        turnover_of(policy.turnover or "none")
    except BadInput as error:
        raise BadInput(f"policy {name}: {error}") from None
    known = [str(getattr(part, "needs", "")) for part in parts]
    known += [UIR.needs] if policy.weighting == "uir" else []
    known += ["when a creator gives up"] if policy.turnover not in (None, "none") else []
    needs = "; ".join(one for one in dict.fromkeys(known) if one not in ("", "nothing"))
    return policy if policy.needs else replace(policy, needs=needs)
