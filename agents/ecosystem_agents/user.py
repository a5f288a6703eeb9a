"""Users: who they are and what they were matched with."""

from __future__ import annotations

from typing import Any

import numpy as np
from mesa import Agent

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.place import place_of
from ecosystem_agents.world import UserWorld


class User(Agent):
    """A user, as a view on row `index` of the model's arrays: it holds no state of its own."""

    model: UserWorld
    pos = place_of("embedding")

    def __init__(self, model: UserWorld, index: int) -> None:
        super().__init__(model)
        self.index = index

    @property
    def embedding(self) -> np.ndarray:
        """What this user likes, (d,)."""
        return np.asarray(self.model.users[self.index])

    @property
    def group(self) -> int:
        """The group the platform has put this user in, 0 to L - 1."""
        return int(self.model.groups[self.index])

    @property
    def utility(self) -> float:
        """What this user got in the last step: the expectation, or a sample where matching is sampled."""
        return float(self.model.user_utilities[self.index])

    def remove(self) -> None:
        """Refuse: users are rows of the model's arrays for as long as it lives."""
        raise BadInput("a user cannot be removed; users come and go by the model's retention rule")


class AgentsByType(dict[type[Agent], Any]):
    """Agents by their class; who asks for users where they are in arrays alone reads what to do."""

    def __missing__(self, kind: type[Agent]) -> Any:
        if kind is not User:
            raise KeyError(kind)
        raise BadInput(
            "users are no agents in this model, but rows of its arrays; make it with user_agents=True"
        )
