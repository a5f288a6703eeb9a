"""The page of the arena: policies in the same worlds, in one table that fills while you watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import solara

from ecosystem_server.arena.play import ArenaPlay, ArenaStatus
from ecosystem_server.arena.setting import OFFERED, PLACES, SIZED, ArenaSetting, about
from ecosystem_server.board import ENTRY, Json, script
from ecosystem_server.fields import FIELDS

HERE = Path(__file__).parent
BOARD, PHASE_BOARD, STYLE = script(HERE / "board.js"), script(HERE / "phase.js"), HERE / "page.css"


@solara.component_vue("run.vue")
def _Run(status: Json, event_act: Callable[[str], None]) -> None: ...


@solara.component_vue("controls.vue")
def _Controls(
    message: str,
    revision: int,
    setting: Json,
    offered: Json,
    event_set: Callable[[Json], None],
    event_tick: Callable[[Json], None],
    components: dict[str, str] = ENTRY,
) -> None: ...


def phase_controls(play: ArenaPlay, status: ArenaStatus) -> None:
    """Run and stop, and below it what all cells of a phase diagram share."""
    zipf = FIELDS["zipf"].shown() | {"options": ["0", "1", "2"]}
    seed = {"name": "seed", "label": "Seed", "help": "Seed of everything random, in every cell", "min": 0}
    arena_controls(play, status, {"fields": [zipf, seed], "most": {}, "policies": []})


def arena_controls(play: ArenaPlay, status: ArenaStatus, offered: Json | None = None) -> None:
    """Run and stop, and below it everything one can change of the arena."""
    offered = offered or {
        "environments": list(PLACES),
        "parameters": {name: FIELDS[name].shown() for name in ("lbr_evaluation", *SIZED)},
        "most": ArenaSetting.most(play.limits),
        "policies": [{"name": name, **about(name)} for name in OFFERED],
    }
    _Run(status=status.shown(), event_act=play.act)
    _Controls(
        message=status.message,
        revision=status.revision,
        setting=asdict(status.setting),
        offered=offered,
        event_set=lambda asked: play.change(asked.get("name"), asked.get("value")),
        event_tick=lambda asked: play.tick(asked.get("policy"), asked.get("wanted")),
    )
