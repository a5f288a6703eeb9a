"""Where a run starts: users, creators, relevance and strategy sets, by name.

To add an environment, write a module with an `Environment` and name it in `ENVIRONMENTS`.
"""

from __future__ import annotations

from ecosystem.environments.embeddings import EMBEDDINGS
from ecosystem.environments.environment import Environment, Setting
from ecosystem.environments.figure1 import FIGURE1
from ecosystem.environments.movielens import MOVIELENS
from ecosystem.environments.niches import NICHES
from ecosystem.environments.synthetic import SYNTHETIC
from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput

ENVIRONMENTS: dict[str, Environment] = {
    e.name: e for e in (FIGURE1, SYNTHETIC, MOVIELENS, EMBEDDINGS, *NICHES)
}
"""Every environment by the name people type."""

__all__ = ["ENVIRONMENTS", "Environment", "Setting", "environment_of"]


def environment_of(name_or_environment: str | Environment) -> Environment:
    """Return the environment of that name (see `lookup`), or the object itself if it is one.

    Raises
    ------
    BadInput
        If there is no such environment.

    Examples
    --------
    >>> environment_of("figure1").horizon
    2000
    """
    found = name_or_environment
    if isinstance(found, str):
        found = lookup.find("environment", found, ENVIRONMENTS)
    if not isinstance(found, Environment):
        others = lookup.in_its_file("environment", name_or_environment, Environment)
        hint = f"did you mean {' or '.join(others)}?" if others else "give one, or its name"
        raise BadInput(
            f"environment is {name_or_environment!r}, which is no ecosystem.environments.Environment; {hint}"
        )
    return found
