"""The page of the arena: policies in the same worlds, in one table that fills while you watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from agents.checks import BadInput
from ecosystem.economy import EVALUATIONS
from server.arena.play import ArenaPlay, ArenaStatus
from server.arena.setting import OFFERED, PLACES, about, from_query, started
from server.fields import FIELDS
from server.game import Game, Talking, use_game
from server.limits import Limits, limits_in_force
from server.scene import PAGE, module

VIEW = "arena"
"""What the page's address says in ``view``."""


class ArenaBoard(Talking):
    """Draws the table, the chart and a policy's description (``page/arena.js``).

    Parameters
    ----------
    heard : callable
        Takes what the browser says: ready, a quantity chosen, a file wanted, a key pressed.
    """

    _esm = module("palette.js", "charts.js", "canvas.js", "arena.js")


class ArenaWorld(Game):
    """What belongs to the arena of one page: its play and its board.

    Parameters
    ----------
    query : str, optional
        What the page's address asks for, if it asks for the arena.
    limits : Limits, optional
        What this server allows; default those in force.
    """

    def __init__(self, query: str | None = None, limits: Limits | None = None) -> None:
        self.complaint = ""
        try:
            setting = from_query(query)
        except BadInput as error:
            setting, self.complaint = started("figure1"), str(error)
        self.tell: Callable[[ArenaStatus], None] = lambda status: None
        self.board = ArenaBoard(self.heard)
        self.limits = limits or limits_in_force()
        self.taken = (
            f"This server has {self.limits.worlds} arenas at most, and all are taken; try again later."
        )
        self.play = ArenaPlay(setting, self.limits, self.board.send, lambda status: self.tell(status))

    def heard(self, content: Any) -> None:
        """Take a message of the board."""
        if not isinstance(content, dict):
            return
        kind = content.get("kind")
        if kind == "ready":
            self.play.show()
        elif kind == "against":
            self.play.change("against", content.get("value"))
        elif kind == "download":
            self.play.download()
        elif kind == "key" and content.get("key") == "toggle":
            self.play.toggle()


@solara.component_vue("page/arena_run.vue")
def _Run(
    playing: bool,
    done: int,
    total: int,
    share: float,
    now: str,
    event_act: Callable[[str], None],
) -> None: ...


# Apart from what changes while it runs: a field that is drawn anew forgets what is being typed.
@solara.component_vue("page/arena.vue")
def _Controls(
    message: str,
    revision: int,
    setting: dict[str, Any],
    environments: list[str],
    rules: list[str],
    sizes: list[dict[str, Any]],
    most: dict[str, int],
    policies: list[dict[str, str]],
    event_set: Callable[[dict[str, Any]], None],
    event_tick: Callable[[dict[str, Any]], None],
) -> None: ...


@solara.component
def ArenaPage(world: ArenaWorld) -> None:
    """Show the arena: its controls and its board.

    Parameters
    ----------
    world : ArenaWorld
        The page's own.
    """
    status, refused = use_game(world)
    play, setting, limits = world.play, status.setting, world.limits
    acts = {"play": play.play, "pause": play.pause}
    with solara.Div(classes=["ce-game"]):
        solara.Style(PAGE / "arena.css")
        with solara.Div(classes=["ce-side", "arena-side"]):
            _Run(
                playing=status.playing,
                done=status.done,
                total=status.total,
                share=status.share,
                now=status.now,
                event_act=lambda name: acts[name]() if name in acts else None,
            )
            _Controls(
                message=refused or status.message,
                revision=status.revision,
                setting={
                    name: getattr(setting, name)
                    for name in ("environment", "seeds", "steps", "compare", "n_creators", "n_users")
                }
                | {"policies": list(setting.policies)},
                environments=list(PLACES),
                rules=list(EVALUATIONS),
                sizes=[
                    {"name": name, "label": FIELDS[name].label, "help": FIELDS[name].help, "most": most}
                    for name, most in (
                        ("n_creators", limits.arena_creators),
                        ("n_users", limits.arena_users),
                    )
                    if getattr(setting, name) is not None
                ],
                most={
                    "seeds": limits.arena_seeds,
                    "steps": limits.arena_steps,
                    "policies": limits.arena_policies,
                },
                policies=[{"name": name, "help": _help(name), **about(name)} for name in OFFERED],
                event_set=lambda asked: play.change(asked.get("name"), asked.get("value")),
                event_tick=lambda asked: play.tick(asked.get("policy"), asked.get("wanted")),
            )
        solara.Div(classes=["ce-main"], children=[world.board])


def _help(name: str) -> str:
    words = about(name)
    return f"Shown: {words['shown']}. Pay: {words['pay']}. Needs: {words['needs']}. Source: {words['reference']}."
