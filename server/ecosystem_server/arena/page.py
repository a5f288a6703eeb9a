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


class ArenaVisit(Visit):
    """One visitor's arena."""

    plural = "arenas"
    setting_kind = ArenaSetting
    drawn_by = script(HERE, "board.js")
    play_kind = ArenaPlay
    play: ArenaPlay

    def take(self, message: Json) -> None:
        """Take a message of the board: a quantity was chosen, or a file is wanted."""
        if message.get("kind") == "against":
            self.play.change("against", message.get("value"))
        elif message.get("kind") == "download":
            self.play.download()


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
def ArenaPage(visit: ArenaVisit) -> None:
    """Show the arena: its controls and its board."""
    status, play = use_visit(visit), visit.play
    offered = {
        "environments": list(PLACES),
        "parameters": {
            name: {
                "label": FIELDS[name].label,
                "help": FIELDS[name].help,
                "options": [*(FIELDS[name].options or ())] or None,
            }
            for name in ("lbr_evaluation", *SIZED)
        },
        "most": ArenaSetting.most(visit.limits),
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
