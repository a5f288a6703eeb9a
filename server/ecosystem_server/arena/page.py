"""The page of the arena: policies in the same worlds, in one table that fills while you watch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara

from ecosystem.economy.parameters import CHOICES
from ecosystem_server.arena.play import ArenaPlay
from ecosystem_server.arena.setting import OFFERED, PLACES, ArenaSetting, about, from_query, started
from ecosystem_server.board import script
from ecosystem_server.entry import ENTRY
from ecosystem_server.fields import FIELDS
from ecosystem_server.visit import Visit, use_visit

HERE = Path(__file__).parent
VIEW = "arena"
"""What the page's address says in ``view``."""


class ArenaVisit(Visit):
    """One visitor's arena."""

    what = "arenas"
    usual = started("figure1")
    drawn_by = script(HERE, "board.js")
    play_kind = ArenaPlay
    keys = ("toggle",)

    def read(self, query: str | None) -> ArenaSetting:
        """Return the arena that an address asks for."""
        return from_query(query)

    def take(self, message: dict[str, Any]) -> None:
        """Take a message of the board: it is ready, a quantity was chosen, or a file is wanted."""
        kind = message.get("kind")
        if kind == "ready":
            self.play.show()
        elif kind == "against":
            self.play.change("against", message.get("value"))
        elif kind == "download":
            self.play.download()


@solara.component_vue("run.vue")
def _Run(
    playing: bool,
    done: int,
    total: int,
    share: float,
    now: str,
    event_act: Callable[[str], None],
) -> None: ...


@solara.component_vue("controls.vue")
def _Controls(
    components: dict[str, str],
    message: str,
    revision: int,
    setting: dict[str, Any],
    environments: list[str],
    evaluation: dict[str, Any],
    sizes: list[dict[str, Any]],
    most: dict[str, int],
    policies: list[dict[str, str]],
    event_set: Callable[[dict[str, Any]], None],
    event_tick: Callable[[dict[str, Any]], None],
) -> None: ...


@solara.component
def ArenaPage(visit: ArenaVisit) -> None:
    """Show the arena: its controls and its board.

    Parameters
    ----------
    visit : ArenaVisit
        The visitor's own.
    """
    status, refused = use_visit(visit)
    play, setting, limits = visit.play, status.setting, visit.limits
    acts = {"play": play.play, "pause": play.pause}
    with solara.Div(classes=["ce-body"]):
        solara.Style(HERE / "page.css")
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
                components=ENTRY,
                message=refused or status.message,
                revision=status.revision,
                setting={
                    name: getattr(setting, name)
                    for name in ("environment", "seeds", "steps", "lbr_evaluation", "n_creators", "n_users")
                }
                | {"policies": list(setting.policies)},
                environments=list(PLACES),
                evaluation={
                    "label": FIELDS["lbr_evaluation"].label,
                    "help": FIELDS["lbr_evaluation"].help,
                    "options": list(CHOICES["lbr_evaluation"]),
                },
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
        solara.Div(classes=["ce-main"], children=[visit.board])


def _help(name: str) -> str:
    words = about(name)
    return (
        f"Shown: {words['mechanism']}. Pay: {words['reward']}. Needs: {words['needs']}. "
        f"Source: {words['reference']}."
    )
