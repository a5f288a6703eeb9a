"""One arm of the page: a model, what the page remembers of it, and what the canvas is to show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem.economy.collection import SERIES
from ecosystem.environments.check import findings
from ecosystem.projection import projection_of, stage_of
from ecosystem.yardsticks.figure1 import story_of
from ecosystem_server.board import Json, finite
from ecosystem_server.fields import assign, check_arrivals, title_of
from ecosystem_server.limits import Limits
from ecosystem_server.live.hands import HANDS
from ecosystem_server.live.history import Series, Trail, thinned
from ecosystem_server.live.setting import Change
from ecosystem_server.offered import MECHANISMS, REWARDS, RULES_OF

Arrays = dict[str, np.ndarray]

DRAWN = ("welfare", "welfare_default")
"""What the board shows of the series; the others are for downloads."""
USUAL = (title_of("none"), "relevance", "none")
"""Mechanism, pay and turnover that a title leaves out."""


class Arm:
    """A model, given at its start, and its past; only the play's thread touches it."""

    def __init__(self, model: CreatorEconomy) -> None:
        self.model, self.population = model, model.population
        self.plane = projection_of(model.users)
        self.stage = stage_of(self.plane, model.users, model.catalogue, model.market.relevance)
        self.start = self.stage(model.start)
        self.trail = Trail(self.start)
        self.series = Series(SERIES)
        self.swaps: list[tuple[int, str]] = [(0, _named(model.platform.mechanism, MECHANISMS))]
        self.terms = 0
        self.found = _found(model)
        self._note()

    @property
    def step_count(self) -> int:
        """Steps completed."""
        return int(self.model.steps)

    def step(self) -> None:
        """Play one step."""
        epoch_ends = (self.step_count + 1) % self.model.epoch_length == 0
        self.model.step()
        self._mark_swap(self.step_count - 1)  # by a schedule
        self.terms += epoch_ends
        self._note()
        self.trail.append(self.stage(self.model.strategies), self.population.slots)

    def check(self, change: Change, limits: Limits) -> None:
        """Refuse a change that this world, or this server, does not allow."""
        if change.name in HANDS:
            change.value.check(self.model, limits)
        elif change.name == "arrivals":
            check_arrivals(change.value, limits)

    def change(self, change: Change) -> None:
        """Take over another value of a parameter, or what a hand does, which changes what the step came to."""
        if change.name in HANDS:
            change.value.act(self.model, self.stage, self.plane)
            self.series.rows[-1] = [float(getattr(self.model, name)) for name in SERIES]
            self.trail.amend(self.stage(self.model.strategies), self.population.slots)
            self.terms += 1
            return
        assign(self.model, change.name, change.value)
        self.terms += 1
        self._mark_swap(change.step)

    def _mark_swap(self, step: int) -> None:
        """Note another mechanism, in force after so many steps."""
        if (name := _named(self.model.platform.mechanism, MECHANISMS)) != self.swaps[-1][1]:
            self.swaps.append((step, name))
            self.terms += 1

    def living(self) -> Arrays:
        """Return number, step of birth and birthplace in the plane of the living, (n,), (n,) and (n, 2)."""
        numbers = self.population.numbers
        births = np.array([self.population.born[number] for number in numbers], dtype=np.int64)
        return {"numbers": numbers, "births": births, "homes": self.stage(self.population.homes)}

    # --- what the canvas shows ---------------------------------------------------------------------------

    def scene(self) -> tuple[Json, Arrays]:
        """Return what stays the same while it plays: users, groups, items, and where creators started."""
        model = self.model
        sizes = np.bincount(model.groups, minlength=model.n_groups)
        about = {
            "columns": self.trail.width,
            "users": model.n_users,
            "dim": model.dim,
            "explained": self.plane.explained,
            "enlarged": self.stage.scale,
            "trail": self.trail.length,
            "by_size": np.argsort(-sizes, kind="stable").tolist(),
            "titles": model.titles,
            "items": 0 if model.catalogue is None else len(model.catalogue.items),
        }
        arrays = {"users": self.plane(model.users), "groups": model.groups, "start": self.start}
        if model.catalogue is not None:
            arrays["items"] = self.stage(model.catalogue.items)
        return about, arrays

    def frame(self, seen: int, terms_seen: int) -> tuple[Json, Arrays]:
        """Return what is new since the first `seen` positions and the terms numbered `terms_seen`."""
        model = self.model
        mechanism = _named(model.platform.mechanism, MECHANISMS)
        more = _named(model.market.reward, REWARDS), _named(model.turnover, RULES_OF["turnover"])
        title = [title_of(mechanism), *more]
        about = {
            "step": self.step_count,
            "mechanism": mechanism,
            "title": " · ".join(name for name in title if name not in USUAL) or title[0],
            "uses_weights": model.platform.weights_matter,
            "alive": model.alive,
            "present": model.present,
            "moved": model.moved,
            "movers": int(np.count_nonzero(self.population.moved)),
            **{name: finite(self.series.column(name)[-1]) for name in DRAWN},
        }
        arrays = {"path": self.trail.since(seen)}
        if terms_seen != self.terms:
            terms = model.platform.terms()
            listed = max(min(model.K, model.n_items), 1)
            weight = terms.reward_weight * (terms.beta / model.beta) * (terms.K / listed)
            arrays |= {"weight": weight, "beta": terms.beta, "K": terms.K}
            arrays |= {name: self._by_slot(of_each) for name, of_each in self.living().items()}
        return about, arrays

    def charts(self) -> tuple[Json, Arrays]:
        """Return what is shown a few times a second: welfare over time, what groups, users and creators get."""
        model = self.model
        arrays = {
            "group_weights": model.weights,
            "group_utilities": model.group_utilities,
            "utility": model.user_utilities,
            "pay": self._by_slot(model.creator_utilities),
        }
        if model.present < model.n_users:
            arrays["utility"] = np.where(model.attending, arrays["utility"], np.nan)
        for name in DRAWN:
            arrays[f"{name}_steps"], arrays[name] = thinned(self.series.column(name))
        return {"swaps": self.swaps}, arrays

    def _by_slot(self, values: np.ndarray) -> np.ndarray:
        """Return what the living have, (n, ...), by column of the trail; NaN where it is free."""
        columns = np.full((self.trail.width, *values.shape[1:]), np.nan)
        columns[self.population.slots] = values
        return columns

    def _note(self) -> None:
        """Take the step's figures out of the data collector, so that long runs stay small."""
        if self.model.left or self.model.entered:
            self.terms += 1  # their number has changed, and so may have lists
        collector = self.model.datacollector
        self.series.append([float(collector.model_vars[name][-1]) for name in SERIES])
        for values in collector.model_vars.values():
            values.clear()
        for values in collector.tables["groups"].values():
            values.clear()


def _found(model: CreatorEconomy) -> list[str]:
    """Return what needs a look in a world of a visitor's own vectors, and how they are scaled; or of Figure 1."""
    if model.setting.taken is None:
        return story_of(model)
    looked = findings(model.setting, beta=model.beta, K=model.K, eta=model.eta)
    scaled = [line for part, line in model.setting.taken.items() if part == "max_norm"]
    found = scaled + [str(one) for one in looked if not one.harmless]
    return [line.replace("--set ", "") for line in found]


def _named(part: object, kinds: Mapping[str, object]) -> str:
    """Return the name of a mechanism, reward or rule among those of its kind, with the mapping it has."""
    found = next((name for name, kind in kinds.items() if kind in (part, type(part))), type(part).__name__)
    mapping = getattr(part, "mapping", None)
    return f'{found}(mapping="{mapping}")' if isinstance(mapping, str) else found
