"""The page of the ranking game: publishers, queries and static documents, step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from agents.checks import BadInput
from agents.publisher import RULES
from ecosystem.ranking.competition import ORDERS
from server.game import Game, Talking, use_game
from server.limits import Limits, limits_in_force
from server.ranking.play import SPEEDS, RankingPlay, RankingStatus
from server.ranking.setting import EXAMPLES, RankingSetting, from_query
from server.scene import PAGE, module

VIEW = "ranking"
"""What the page's address says in ``view``."""
RULE_TITLES = {
    "fair": "fair: best, hurting least",
    "greedy": "greedy: best, found fast",
    "unfair": "unfair: best, hurting most",
    "local": "local: trial and error",
}


class Board(Talking):
    """Draws the game: slider, heat map, charts and words (``page/ranking.js``).

    Parameters
    ----------
    heard : callable
        Takes what the browser says: ready, a threshold chosen, a key pressed.
    """

    _esm = module("palette.js", "charts.js", "canvas.js", "ranking.js")


class RankingWorld(Game):
    """What belongs to the ranking game of one page: its play and its board.

    Parameters
    ----------
    query : str, optional
        What the page's address asks for, if it asks for this game.
    limits : Limits, optional
        What this server allows; default those in force.
    """

    def __init__(self, query: str | None = None, limits: Limits | None = None) -> None:
        self.complaint = ""
        try:
            setting = from_query(query)
        except BadInput as error:
            setting, self.complaint = RankingSetting(), str(error)
        self.tell: Callable[[RankingStatus], None] = lambda status: None
        self.board = Board(self.heard)
        self.limits = limits or limits_in_force()
        self.taken = (
            f"This server plays {self.limits.worlds} games at most, and all are taken; try again later."
        )
        self.play = RankingPlay(setting, self.limits, self.board.send, lambda status: self.tell(status))

    def heard(self, content: Any) -> None:
        """Take a message of the board."""
        if not isinstance(content, dict):
            return
        play, kind, key = self.play, content.get("kind"), content.get("key")
        if kind == "ready":
            play.show()
        elif kind == "enrich":
            play.change("threshold", content.get("value"))
        elif kind == "key" and key in ("toggle", "step", "reset"):
            {"toggle": play.toggle, "step": play.step, "reset": play.reset}[key]()
        elif kind == "key" and key in ("slower", "faster"):
            at = SPEEDS.index(play.status.speed) if play.status.speed in SPEEDS else 2
            play.set_speed(SPEEDS[min(max(at + (1 if key == "faster" else -1), 0), len(SPEEDS) - 1)])


@solara.component_vue("page/ranking.vue")
def _Controls(
    playing: bool,
    over: bool,
    stuck: bool,
    message: str,
    revision: int,
    speed: float,
    speeds: list[float],
    setting: dict[str, Any],
    rules: dict[str, str],
    orders: list[str],
    most: list[int],
    examples: list[str],
    event_act: Callable[[str], None],
    event_pace: Callable[[float], None],
    event_set: Callable[[dict[str, Any]], None],
    event_example: Callable[[str], None],
) -> None: ...


@solara.component
def RankingPage(world: RankingWorld) -> None:
    """Show the game: its controls and its board.

    Parameters
    ----------
    world : RankingWorld
        The page's own.
    """
    status, refused = use_game(world)
    play, setting = world.play, status.setting
    acts = {name: getattr(play, name) for name in ("play", "pause", "step", "reset")}
    with solara.Div(classes=["ce-game"]):
        solara.Style(PAGE / "ranking.css")
        with solara.Div(classes=["ce-side"]):
            _Controls(
                playing=status.playing,
                over=status.over,
                stuck=status.stuck,
                message=refused or status.message,
                revision=status.revision,
                speed=status.speed,
                speeds=[speed for speed in SPEEDS if speed <= world.limits.ranking_speed],
                setting={
                    name: getattr(setting, name)
                    for name in ("n", "k", "peak", "threshold", "rule", "order", "seed")
                },
                rules={name: RULE_TITLES.get(name, name) for name in RULES},
                orders=list(ORDERS),
                most=[world.limits.publishers, world.limits.queries],
                examples=list(EXAMPLES),
                event_act=lambda name: acts[name]() if name in acts else None,
                event_pace=lambda speed: play.set_speed(speed),
                event_set=lambda asked: play.change(asked.get("name"), asked.get("value")),
                event_example=lambda name: play.reset(EXAMPLES[name]) if name in EXAMPLES else None,
            )
        solara.Div(classes=["ce-main"], children=[world.board])
