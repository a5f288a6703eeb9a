"""The page: header, one column of controls, the canvas; and what connects them to the page's own engine.

To add a tab, write a component that takes the engine and its status, and name it in `TABS`. The ranking game and the
arena are pages of their own under the same header (``ranking``, ``arena``); `PAGES` names those.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import solara
from solara.server import cdn_helper

from agents.checks import BadInput, whole
from server.arena import page as arena
from server.limits import limits_in_force
from server.live import downloads, uploads
from server.live import engine as engine_module
from server.live.controls import SPEEDS, LiveControls
from server.live.engine import Engine
from server.live.setting import Setting, from_query
from server.live.status import Status
from server.live.tour import TourControls
from server.offered import ENVIRONMENTS
from server.ranking import page as ranking
from server.scene import PAGE, Scene

TABS: dict[str, Callable[[Engine, Status], Any]] = {"Live": LiveControls, "Tour": TourControls}
"""What the column beside the canvas may show, by the name of its tab."""
PAGES: dict[str, tuple[str, Callable[[str | None], Any], Callable[[Any], Any]]] = {
    "Ranking game": (ranking.VIEW, ranking.RankingWorld, ranking.RankingPage),
    "Arena": (arena.VIEW, arena.ArenaWorld, arena.ArenaPage),
}
"""Pages with a canvas of their own, by tab: what the address says in ``view``, what plays there, what shows it."""

FILES = {"csv": "text/csv", "png": "image/png", "svg": "image/svg+xml"}


@solara.component_vue("page/header.vue")
def _Header(
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


@solara.component
def Page() -> None:
    """One visitor's page, with worlds of its own."""
    query = solara.use_router().search
    asked = dict(part.split("=", 1) for part in (query or "").split("&") if "=" in part)
    views = {"tour": "Tour"} | {view: name for name, (view, _, _) in PAGES.items()}
    tab, set_tab = solara.use_state(views.get(asked.get("view", ""), "Live"))
    other = views.get(asked.get("view", "")) in PAGES
    status, set_status = solara.use_state(None)
    world = solara.use_memo(lambda: World(None if other else query, set_status), [])
    pages = solara.use_memo(
        lambda: {
            name: make(query if asked.get("view") == view else None)
            for name, (view, make, _) in PAGES.items()
        },
        [],
    )
    solara.use_effect(lambda: world.open(), [])
    solara.use_effect(lambda: lambda: [page.close() for page in pages.values()], [])
    solara.Title("Creator Ecosystem")
    solara.Style(PAGE / "style.css")
    shown: Status = status or world.engine.status

    def show(name: str) -> None:
        if name in TABS:
            world.engine.extra = {} if name == "Live" else {"view": name.lower()}
            set_tab(name)
        elif name in PAGES:
            world.engine.pause()
            set_tab(name)

    with solara.Div(classes=["ce-page"]):
        with solara.Div(classes=["ce-head"]):
            _Header(
                tabs=[*TABS, *PAGES],
                tab=tab,
                worlds=tab in TABS,
                environments=[name for name in ENVIRONMENTS if name != "embeddings" or shown.next.file],
                environment=shown.next.environment,
                seed=shown.next.seed,
                revision=shown.revision,
                largest=world.limits.upload,
                event_show=show,
                event_choose=world.choose,
                event_upload=world.upload,
                event_download=world.download,
            )
        if tab in PAGES:
            PAGES[tab][2](pages[tab])
        else:
            with solara.Div(classes=["ce-side"]):
                TABS[tab](world.engine, shown)
            solara.Div(classes=["ce-main"], children=[world.scene])


@solara.component
def Layout(children: list[Any]) -> None:
    """Nothing around the page."""
    solara.Div(children=children)


class World:
    """What belongs to one page: its engine, its canvas and the files its visitor brought.

    Parameters
    ----------
    query : str, optional
        What the page's address asks for.
    tell : callable
        Takes a `Status` whenever it changes.
    """

    def __init__(self, query: str | None, tell: Callable[[Status], None]) -> None:
        self.limits = limits_in_force()
        self.complaint = ""
        try:
            setting = from_query(query, self.limits)
        except BadInput as error:
            setting, self.complaint = Setting(), str(error)
        self.scene = Scene(self.heard)
        self.tell = tell
        self.engine = Engine(setting, self.limits, self.scene.publish, tell)
        self.folder = tempfile.TemporaryDirectory(prefix="ecosystem-")

    def open(self) -> Callable[[], None]:
        """Start the engine; return what ends everything when the page is closed."""
        if not self.engine.start():
            full = (
                f"This server plays {self.limits.worlds} worlds at most, and all are taken; try again later."
            )
            self.tell(replace(self.engine.status, busy="", message=full, failed=True))
        if self.complaint:
            self.engine.complain(self.complaint)
        return self.close

    def close(self) -> None:
        """Stop the engine and forget the visitor's files."""
        self.engine.close()
        self.scene.close()
        self.folder.cleanup()

    def heard(self, content: Any) -> None:
        """Take a message of the canvas: a key is a request, the rest is for the engine."""
        if not isinstance(content, dict):
            return
        if content.get("kind") != "key":
            self.engine.heard(content)
            return
        engine, key = self.engine, content.get("key")
        acts = {"toggle": engine.toggle, "step": engine.step, "epoch": engine.epoch, "reset": engine.reset}
        if key in acts:
            acts[key]()
        elif key in ("slower", "faster"):
            at = min(range(len(SPEEDS)), key=lambda k: abs(SPEEDS[k] - engine.status.speed))
            engine.set_speed(SPEEDS[min(max(at + (1 if key == "faster" else -1), 0), len(SPEEDS) - 1)])

    def choose(self, asked: dict[str, Any]) -> None:
        """Start a new run with another environment or seed."""
        following = self.engine.status.next.restarted()
        try:
            if asked.get("name") == "seed":
                seed = whole("seed", asked.get("value"), at_least=0, at_most=2**53)
                self.engine.reset(replace(following, seed=seed))
            elif asked.get("value") in ENVIRONMENTS:
                # Parameters are the environment's own again; who is compared with whom stays.
                arms = tuple(
                    {k: v for k, v in arm.items() if k in ("mechanism", "reward")} for arm in following.arms
                )
                self.engine.reset(replace(following, environment=str(asked["value"]), shared={}, arms=arms))
        except BadInput as error:
            self.engine.complain(str(error))

    def upload(self, about: dict[str, Any], buffers: list[Any] | None = None) -> None:
        """Start a run on the visitor's own embeddings."""
        try:
            uploads.check_size(int(about.get("size", 0)), self.limits)
            data = bytes(buffers[0]) if buffers else b""
            path = uploads.keep(str(about.get("name", "")), data, self.folder, self.limits)
            arms = tuple(
                {k: v for k, v in arm.items() if k == "mechanism"} for arm in self.engine.status.next.arms
            )
            self.engine.reset(
                Setting(environment="embeddings", seed=self.engine.status.next.seed, arms=arms, file=path)
            )
        except BadInput as error:
            self.engine.complain(str(error))

    def download(self, kind: str) -> None:
        """Hand the visitor a file, made by the engine between two steps."""
        if kind in FILES:
            self.engine.do(lambda: self._send_file(kind))

    def _send_file(self, kind: str) -> None:
        arms = self.engine.arms
        if not arms:
            return
        data = downloads.series_csv(arms) if kind == "csv" else downloads.figure_one(arms, kind)
        name = f"{self.engine.base.environment}-seed{self.engine.base.seed}-step{arms[0].step_count}.{kind}"
        self.scene.send({"kind": "file", "name": name, "type": FILES[kind]}, [data])


def _stay_offline(url: str) -> bytes:
    raise FileNotFoundError(
        f"{url} is not among the installed assets, and nothing is fetched from the internet"
    )


cdn_helper.fetch_from_cdn = _stay_offline


def _warm_up() -> None:
    for environment in ("figure1", "synthetic"):
        model = Setting(environment=environment, arms=({},)).model(0, limits_in_force())
        model.run(2)


# Compiled code is loaded, and compiled on the very first start, before anybody plays.
engine_module.warming = threading.Thread(target=_warm_up, name="ecosystem warm-up", daemon=True)
engine_module.warming.start()
