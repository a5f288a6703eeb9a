"""Where a run starts: users, creators, relevance and strategy sets, by name.

To add an environment, write a module with an `Environment` and name it in `ENVIRONMENTS`.
"""

from __future__ import annotations

from ecosystem.environments.embeddings import EMBEDDINGS
from ecosystem.environments.environment import Environment, Setting
from ecosystem.environments.five_users import FIGURE1
from ecosystem.environments.movielens import MOVIELENS
from ecosystem.environments.synthetic import SYNTHETIC

ENVIRONMENTS: dict[str, Environment] = {e.name: e for e in (FIGURE1, SYNTHETIC, MOVIELENS, EMBEDDINGS)}
"""Every environment by the name people type."""

__all__ = ["ENVIRONMENTS", "Environment", "Setting"]
