"""The page of the arena: policies in the same worlds, in one table that fills while you watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import solara

from ecosystem_server.arena.play import ArenaPlay
from ecosystem_server.arena.setting import OFFERED, PLACES, SIZED, ArenaSetting, about
from ecosystem_server.board import ENTRY, Json, script
from ecosystem_server.fields import FIELDS
from ecosystem_server.visit import Visit, use_visit

HERE = Path(__file__).parent
BOARD = script(HERE, "board.js")


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


@solara.component
def ArenaPage(visit: Visit[ArenaPlay]) -> None:
    """Show the arena: its controls and its board."""
    status, play = use_visit(visit), visit.play
    offered = {
        "environments": list(PLACES),
        "parameters": {name: FIELDS[name].shown() for name in ("lbr_evaluation", *SIZED)},
        "most": ArenaSetting.most(play.limits),
        "policies": [{"name": name, **about(name)} for name in OFFERED],
    }
    with solara.Div(classes=["ce-body"]):
        solara.Style(HERE / "page.css")
        with solara.Div(classes=["ce-side", "arena-side"]):
            _Run(status=status.shown(), event_act=play.act)
            _Controls(
                message=status.message,
                revision=status.revision,
                setting=asdict(status.setting),
                offered=offered,
                event_set=lambda asked: play.change(asked.get("name"), asked.get("value")),
                event_tick=lambda asked: play.tick(asked.get("policy"), asked.get("wanted")),
            )
        solara.Div(classes=["ce-main"], children=[visit.board])
