"""The page of the ranking game: publishers, queries and static documents, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import solara

from ecosystem.ranking.competition import ORDERS
from ecosystem_agents.publisher import RULES
from ecosystem_server.board import ENTRY, Json, script
from ecosystem_server.ranking.play import RankingPlay, RankingStatus
from ecosystem_server.ranking.setting import EXAMPLES, PAST, RankingSetting

HERE = Path(__file__).parent
BOARD, STYLE = script(HERE / "board.js"), HERE / "page.css"
RULE_TITLES = {
    "fair": "fair: best, hurting least",
    "greedy": "greedy: best, found fast",
    "unfair": "unfair: best, hurting most",
    "local": "local: trial and error",
}


@solara.component_vue("controls.vue")
def _Controls(
    status: Json,
    setting: Json,
    offered: Json,
    event_act: Callable[[str], None],
    event_pace: Callable[[float], None],
    event_set: Callable[[Json], None],
    event_example: Callable[[str], None],
    components: dict[str, str] = ENTRY,
) -> None: ...


@solara.component
def RankingControls(play: RankingPlay, status: RankingStatus) -> None:
    """Everything one can change of the game."""
    offered = {
        "speeds": play.offered_speeds(),
        "rules": [{"value": name, "text": RULE_TITLES.get(name, name)} for name in RULES],
        "orders": list(ORDERS),
        "pasts": [{"value": name, "text": text} for name, text in PAST.items()],
        "most": RankingSetting.most(play.limits),
        "examples": list(EXAMPLES),
    }
    _Controls(
        status=status.shown(),
        setting=asdict(status.setting),
        offered=offered,
        event_act=play.act,
        event_pace=lambda speed: play.set_speed(speed),
        event_set=lambda asked: play.change(asked.get("name"), asked.get("value")),
        event_example=lambda name: play.reset(EXAMPLES[name]) if name in EXAMPLES else None,
    )
