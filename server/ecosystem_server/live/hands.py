"""What a visitor's hand does in a world: creators and users put elsewhere in the plane shown, let in or taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem.economy import hands
from ecosystem.projection import Projection
from ecosystem.strategy_sets import Catalogue
from ecosystem_agents.inputs.checks import BadInput, real, whole
from ecosystem_server.address import typed
from ecosystem_server.fields import check_population
from ecosystem_server.limits import Limits

FEW = 200
"""Users up to whom one can be dragged: their market is made anew."""
FAR = 1e5
"""Coordinates are not larger."""
HANDS = {"drag": "creator/x/y", "user": "user/x/y", "add": "x/y", "remove": "creator"}
"""What a hand does, and what a link says of it."""


@dataclass(frozen=True)
class Hand:
    """One grip of a hand."""

    name: str  # of `HANDS`
    who: int = -1  # the creator's number, or the user's, if it is somebody who was there
    at: tuple[float, float] = (0.0, 0.0)  # where to in the plane shown, if it is anywhere

    def __str__(self) -> str:
        """Return it as it stands in a link, such as ``3/0.52/-0.1``."""
        parts = {"x": f"{self.at[0]:g}", "y": f"{self.at[1]:g}"}
        return "/".join(parts.get(part, str(self.who)) for part in HANDS[self.name].split("/"))

    def sentence(self) -> str:
        """Return it in words, such as ``creator 3 dragged to (0.52, -0.10)``."""
        at = f"({', '.join(f'{x:.2f}' for x in self.at)})"
        return {
            "drag": f"creator {self.who} dragged to {at}",
            "user": f"user {self.who} dragged to {at}",
            "add": f"a creator put at {at}",
            "remove": f"creator {self.who} removed",
        }[self.name]

    def check(self, model: CreatorEconomy, limits: Limits) -> None:
        """Refuse what this world, or this server, does not allow."""
        if self.name == "user":
            if model.n_users > FEW:
                raise BadInput(
                    f"there are {model.n_users} users; one can be dragged where there are at most {FEW}"
                )
            whole("user", self.who, at_least=0, at_most=model.n_users - 1)
        elif self.name == "add":
            check_population(model.n_creators + 1, model.n_users, limits, model.dim, model.K)
        elif self.who not in model.population.numbers:
            raise BadInput(f"creator {self.who} is not there; take one that is shown")
        elif self.name == "remove" and model.n_creators == 1:
            raise BadInput(f"creator {self.who} is the last one; add another before you remove it")

    def act(self, model: CreatorEconomy, stage: Projection, plane: Projection) -> None:
        """Do it in a world whose creators are shown on `stage` and whose users in `plane`."""
        if self.name == "user":
            hands.put_user(model, self.who, self._lifted(plane, model.users[self.who]))
        elif self.name == "add":
            model.add_creator(self._place(model, stage, model.population.free_slot(), stage.centre))
        else:
            row = int(np.searchsorted(model.population.numbers, self.who))
            if self.name == "remove":
                model.creators[row].remove()
            else:
                slot = int(model.population.slots[row])
                hands.put_creator(model, row, self._place(model, stage, slot, model.strategies[row]))
        hands.rematch(model)

    def _place(self, model: CreatorEconomy, stage: Projection, slot: int, point: np.ndarray) -> np.ndarray:
        """Return where `point` (d,) comes to lie; of items the nearest one in the plane that the slot may make."""
        makes = model.population.sets[slot % model.population.n_first]
        if isinstance(makes, Catalogue):
            gaps = np.square(stage(makes.items) - np.asarray(self.at)).sum(axis=1)
            return np.asarray(makes.items[int(gaps.argmin())])
        return self._lifted(stage, point)

    def _lifted(self, plane: Projection, point: np.ndarray) -> np.ndarray:
        """Return where `point` (d,) comes to; rounded, for axes differ in their last digits between machines."""
        return plane.lift(point, np.array([self.at]))[0].round(9)


def hand_of(name: str, text: Any) -> Hand:
    """Return what a link, or the board, says of a hand: see `HANDS`."""
    parts, text = HANDS[name].split("/"), str(text)[:100]
    said = dict(zip(parts, text.split("/"), strict=False))
    if text.count("/") != len(parts) - 1:
        raise BadInput(f"{name} is {text!r}; write {HANDS[name]}")
    who = -1 if name == "add" else whole(parts[0], typed(said[parts[0]]), at_least=0, at_most=10**9)
    x, y = (float(f"{real(k, typed(said.get(k, 0)), at_least=-FAR, at_most=FAR):g}") for k in "xy")
    return Hand(name, who, (x, y))
