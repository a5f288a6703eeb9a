"""The page of the ranking game: publishers, queries and static documents, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara

from ecosystem.ranking.competition import ORDERS
from ecosystem_agents.publisher import RULES
from ecosystem_server.board import script
from ecosystem_server.entry import ENTRY
from ecosystem_server.ranking.play import SPEEDS, RankingPlay
from ecosystem_server.ranking.setting import EXAMPLES, PARAMETERS, RankingSetting, from_query
from ecosystem_server.visit import Visit, use_visit

HERE = Path(__file__).parent
VIEW = "ranking"
"""What the page's address says in ``view``."""
RULE_TITLES = {
    "fair": "fair: best, hurting least",
    "greedy": "greedy: best, found fast",
    "unfair": "unfair: best, hurting most",
    "local": "local: trial and error",
}


class RankingVisit(Visit):
    """One visitor's ranking game."""

    what = "games"
    usual = RankingSetting()
    drawn_by = script(HERE, "board.js")
    play_kind = RankingPlay
    keys = ("toggle", "step", "reset")
    speeds = SPEEDS

    def read(self, query: str | None) -> RankingSetting:
        """Return the game that an address asks for."""
        return from_query(query)

    def take(self, message: dict[str, Any]) -> None:
        """Take a message of the board: it is ready, or a threshold was chosen."""
        if message.get("kind") == "ready":
            self.play.show()
        elif message.get("kind") == "enrich":
            self.play.change("threshold", message.get("value"))


@solara.component_vue("controls.vue")
def _Controls(
    components: dict[str, str],
    playing: bool,
    over: bool,
    stuck: bool,
    message: str,
    revision: int,
    speed: float,
    speeds: list[float],
    setting: dict[str, Any],
    rules: list[dict[str, str]],
    orders: list[str],
    most: list[int],
    examples: list[str],
    event_act: Callable[[str], None],
    event_pace: Callable[[float], None],
    event_set: Callable[[dict[str, Any]], None],
    event_example: Callable[[str], None],
) -> None: ...


@solara.component
def RankingPage(visit: RankingVisit) -> None:
    """Show the game: its controls and its board.

    Parameters
    ----------
    visit : RankingVisit
        The visitor's own.
    """
    status, refused = use_visit(visit)
    play, setting = visit.play, status.setting
    acts = {name: getattr(play, name) for name in ("play", "pause", "step", "reset")}
    with solara.Div(classes=["ce-body"]):
        solara.Style(HERE / "page.css")
        with solara.Div(classes=["ce-side"]):
            _Controls(
                components=ENTRY,
                playing=status.playing,
                over=status.over,
                stuck=status.stuck,
                message=refused or status.message,
                revision=status.revision,
                speed=status.speed,
                speeds=[speed for speed in SPEEDS if speed <= visit.limits.ranking_speed],
                setting={name: getattr(setting, name) for name in PARAMETERS},
                rules=[{"value": name, "text": RULE_TITLES.get(name, name)} for name in RULES],
                orders=list(ORDERS),
                most=[visit.limits.publishers, visit.limits.queries],
                examples=list(EXAMPLES),
                event_act=lambda name: acts[name]() if name in acts else None,
                event_pace=lambda speed: play.set_speed(speed),
                event_set=lambda asked: play.change(asked.get("name"), asked.get("value")),
                event_example=lambda name: play.reset(EXAMPLES[name]) if name in EXAMPLES else None,
            )
        solara.Div(classes=["ce-main"], children=[visit.board])
