"""What the server serves: a header, and below it the page whose tab is chosen.

Each page is a folder: `live` with the tour, `ranking` and `arena`. In each, ``page`` is what a visitor sees, ``play``
the thread behind it and ``setting`` what the address holds. To add a tab beside the live view, name it in
`ecosystem_server.live.page.TABS`; to add a page with a board of its own, name it in `PAGES`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import solara
from solara.server import cdn_helper

from ecosystem_agents.inputs.checks import BadInput, choice
from ecosystem_server.address import view_of
from ecosystem_server.arena import page as arena
from ecosystem_server.board import PAGE
from ecosystem_server.entry import ENTRY
from ecosystem_server.live import page as live
from ecosystem_server.live.play import warm_up
from ecosystem_server.live.status import Status
from ecosystem_server.offered import ENVIRONMENTS
from ecosystem_server.ranking import page as ranking
from ecosystem_server.visit import Visit, use_visit

PAGES: dict[str, tuple[str, type[Visit], Callable[[Any], Any]]] = {
    "Ranking game": (ranking.VIEW, ranking.RankingVisit, ranking.RankingPage),
    "Arena": (arena.VIEW, arena.ArenaVisit, arena.ArenaPage),
}
"""Pages with a board of their own, by tab: the address's ``view``, what a visitor has of it, and what shows it."""


@solara.component_vue("page/header.vue")
def _Header(
    components: dict[str, str],
    tabs: list[str],
    tab: str,
    worlds: bool,
    environments: list[str],
    environment: str,
    seed: int,
    revision: int,
    largest: int,
    event_show: Callable[[str], None],
    event_choose: Callable[[dict[str, Any]], None],
    event_upload: Callable[..., None],
    event_download: Callable[[str], None],
) -> None: ...


def complaint_about(view: str, views: Collection[str]) -> str:
    """Return what is wrong with the view that an address asks for; empty where there is such a page."""
    if view in views:
        return ""
    try:
        return choice("view", view[:40], [name for name in views if name]) and ""
    except BadInput as error:
        return str(error)


@solara.component
def Page() -> None:
    """One visitor's tab of the browser, with worlds of its own."""
    query = solara.use_router().search
    view = view_of(query)
    tabs = {name: view for name, (view, _) in live.TABS.items()} | {
        name: view for name, (view, _, _) in PAGES.items()
    }
    tab, set_tab = solara.use_state(next((name for name in tabs if tabs[name] == view), "Live"))
    visits = solara.use_memo(
        lambda: {name: kind(query if tabs[name] == view else None) for name, (_, kind, _) in PAGES.items()},
        [],
    )
    complaint = complaint_about(view, tabs.values())
    worlds = solara.use_memo(
        lambda: live.LiveVisit(query if tab in live.TABS and not complaint else None, complaint=complaint), []
    )
    solara.use_effect(lambda: lambda: [one.close() for one in (worlds, *visits.values())], [])
    status, refused = use_visit(worlds, tab in live.TABS)
    shown: Status = replace(status, busy="", message=refused, failed=True) if refused else status
    solara.Title("Creator Ecosystem")
    solara.Style(PAGE / "style.css")

    def show(name: str) -> None:
        if name in live.TABS:
            worlds.play.view = tabs[name]
        if name in tabs:
            set_tab(name)

    with solara.Div(classes=["ce-page"]):
        with solara.Div(classes=["ce-head"]):
            _Header(
                components=ENTRY,
                tabs=list(tabs),
                tab=tab,
                worlds=tab in live.TABS,
                environments=[name for name in ENVIRONMENTS if name != "embeddings" or shown.next.file],
                environment=shown.next.environment,
                seed=shown.next.seed,
                revision=shown.revision,
                largest=worlds.limits.upload,
                event_show=show,
                event_choose=worlds.choose,
                event_upload=worlds.upload,
                event_download=worlds.download,
            )
        if tab in PAGES:
            PAGES[tab][2](visits[tab])
        else:
            live.LivePage(worlds, shown, tab)


@solara.component
def Layout(children: list[Any]) -> None:
    """Nothing around the page."""
    solara.Div(children=children)


def _stay_offline(url: str) -> bytes:
    raise FileNotFoundError(
        f"{url} is not among the installed assets, and nothing is fetched from the internet"
    )


cdn_helper.fetch_from_cdn = _stay_offline
warm_up()
