"""What the server serves: a header, and below it the page whose tab is chosen.

Each page is a folder: `live` with the tour, `ranking`, `arena` with the phase diagram. In each, ``page`` is what a
visitor sees, ``play`` the thread behind it and ``setting`` what the address holds. To add a tab beside the live view,
name it in `ecosystem_server.live.page.TABS`; to add a page with a board of its own, name it in `PAGES`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import solara

from ecosystem_agents.inputs.checks import BadInput, choice
from ecosystem_server.address import view_of
from ecosystem_server.arena import page as arena
from ecosystem_server.arena.phase import PhasePlay
from ecosystem_server.arena.play import ArenaPlay
from ecosystem_server.board import ENTRY, PAGE, Json
from ecosystem_server.live import page as live
from ecosystem_server.live.play import warm_up
from ecosystem_server.offered import ENVIRONMENTS
from ecosystem_server.player import Player
from ecosystem_server.ranking import page as ranking
from ecosystem_server.ranking.play import RankingPlay
from ecosystem_server.visit import Visit, use_visit

PAGES: dict[str, tuple[type[Player[Any, Any]], str, Callable[[Any, Any], Any]]] = {
    "Ranking game": (RankingPlay, ranking.BOARD, ranking.RankingControls),
    "Arena": (ArenaPlay, arena.BOARD, arena.arena_controls),
    "Phase diagram": (PhasePlay, arena.PHASE_BOARD, arena.phase_controls),
}
"""Pages with a board of their own, by tab: what plays, the script that draws it, and the controls."""
VIEWS = {tab: view for tab, (view, _) in live.TABS.items()} | {
    tab: kind.setting_kind.VIEW for tab, (kind, *_) in PAGES.items()
}
"""What the address says in ``view``, by tab."""


@solara.component_vue("page/header.vue")
def _Header(
    page: Json,
    event_show: Callable[[str], None],
    event_choose: Callable[[Json], None],
    event_upload: Callable[..., None],
    event_download: Callable[[str], None],
    components: dict[str, str] = ENTRY,
) -> None: ...


def complaint_about(view: str, views: Collection[str]) -> str:
    """Return what is wrong with the view that an address asks for; empty where there is such a page."""
    try:
        if view:
            choice("view", view[:40], [name for name in views if name])
    except BadInput as error:
        return str(error)
    return ""


@solara.component
def Page() -> None:
    """One visitor's tab of the browser, with worlds of its own."""
    query = solara.use_router().search
    view = view_of(query)
    tab, set_tab = solara.use_state(next((name for name in VIEWS if VIEWS[name] == view), "Live"))
    visits = solara.use_memo(
        lambda: {
            name: Visit(kind, board, query if VIEWS[name] == view else None)
            for name, (kind, board, _) in PAGES.items()
        },
        [],
    )
    complaint = complaint_about(view, VIEWS.values())
    worlds = solara.use_memo(
        lambda: live.LiveVisit(query if tab in live.TABS and not complaint else None, complaint, VIEWS[tab]),
        [],
    )
    solara.use_effect(lambda: lambda: [one.close() for one in (worlds, *visits.values())], [])
    status = use_visit(worlds, tab in live.TABS)
    solara.Title("Creator Ecosystem")
    for style in (PAGE / "style.css", ranking.STYLE, arena.STYLE):
        solara.Style(style)

    def show(name: str) -> None:
        if name in live.TABS:
            worlds.play.view = VIEWS[name]
            worlds.play.do(worlds.play.send_address)
        if name in VIEWS:
            set_tab(name)

    def enter(world: Any) -> None:
        worlds.play.reset(world)
        show("Live")

    visits["Phase diagram"].play.enter = enter
    setting = status.setting
    page = {
        "tabs": list(VIEWS),
        "tab": tab,
        "worlds": tab in live.TABS,
        "environments": [name for name in ENVIRONMENTS if name != "embeddings" or setting.file],
        "environment": setting.environment,
        "seed": setting.seed,
        "revision": status.revision,
        "largest": worlds.play.limits.upload,
    }
    with solara.Div(classes=["ce-page"]):
        with solara.Div(classes=["ce-head"]):
            _Header(
                page=page,
                event_show=show,
                event_choose=worlds.choose,
                event_upload=worlds.upload,
                event_download=worlds.download,
            )
        if tab in PAGES:
            _OwnPage(visits[tab], tab).key(tab)
        else:
            _body(worlds, status, tab, live.TABS[tab][1])


@solara.component
def _OwnPage(visit: Visit[Any], tab: str) -> None:
    _body(visit, use_visit(visit), tab, PAGES[tab][2])


def _body(visit: Visit[Any], status: Any, tab: str, controls: Callable[[Any, Any], Any]) -> None:
    with solara.Div(classes=["ce-body"]):
        with solara.Div(classes=["ce-side", f"side-{VIEWS[tab]}"]):
            controls(visit.play, status)
        solara.Div(classes=["ce-main"], children=[visit.board])


@solara.component
def Layout(children: list[Any]) -> None:
    """Nothing around the page."""
    solara.Div(children=children)


warm_up()
