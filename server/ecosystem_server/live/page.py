"""The live page: one visitor's worlds, the board that draws them, and what the header asks of them."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ecosystem_agents.inputs.checks import BadInput, whole
from ecosystem_server.board import Json, script
from ecosystem_server.live import downloads, uploads
from ecosystem_server.live.controls import LiveControls
from ecosystem_server.live.play import LivePlay, LiveStatus
from ecosystem_server.live.setting import Setting
from ecosystem_server.live.tour import TourControls
from ecosystem_server.offered import ENVIRONMENTS, RULES_OF
from ecosystem_server.visit import Visit

BOARD = script(Path(__file__).with_name("page.js"))
TABS: dict[str, tuple[str, Callable[[LivePlay, LiveStatus], Any]]] = {
    "Live": ("", LiveControls),
    "Tour": ("tour", TourControls),
}
"""What the column beside the board may show, by tab: what the address says in ``view``, and the component."""
FILES = {"csv": "text/csv", "png": "image/png", "svg": "image/svg+xml", "html": "text/html"}


class LiveVisit(Visit[LivePlay]):
    """One visitor's worlds, and the files the visitor brought."""

    def __init__(self, query: str | None, complaint: str, view: str = "") -> None:
        super().__init__(LivePlay, BOARD, query, complaint)
        self.play.view = view
        self.folder = tempfile.TemporaryDirectory(prefix="ecosystem-")
        self._making: threading.Thread | None = None  # of a replay
        self._gone = threading.Event()
        self._brought: deque[tuple[Json, bytes]] = deque(maxlen=1)  # of files that wait, the last one

    def close(self) -> None:
        """Stop everything and forget the visitor's files."""
        self._gone.set()
        super().close()
        self.folder.cleanup()

    def choose(self, asked: Json) -> None:
        """Start a new run with another environment or seed."""
        value = asked.get("value")
        if asked.get("name") == "seed":
            self.play.restart(lambda now: now.with_value("seed", value))
        elif isinstance(value, str) and value in ENVIRONMENTS:
            # Parameters are the environment's own again; who is compared with whom stays, where it can.
            self.play.restart(
                lambda now: replace(
                    now,
                    environment=value,
                    shared={},
                    arms=_arms_in(value, now, "mechanism", "reward", *RULES_OF),
                )
            )

    def upload(self, about: Json, buffers: list[Any] | None = None) -> None:
        """Start a run on the visitor's own embeddings."""
        # There is no data of a file that its size already rules out.
        self._brought.append((about, bytes(buffers[0]) if buffers else b""))
        self.play.restart(self._with_file)

    def _with_file(self, now: Setting) -> Setting:
        if not self._brought:
            return now
        about, data = self._brought.pop()
        limits = self.play.limits
        uploads.check_size(whole("size", about.get("size", 0), at_least=0), limits)
        path = uploads.keep(str(about.get("name", "")), data, self.folder, limits, in_use=now.file)
        arms = _arms_in("embeddings", now, "mechanism")
        return Setting(environment="embeddings", seed=now.seed, arms=arms, file=path)

    def download(self, kind: str) -> None:
        """Hand the visitor a file, made by the play between two steps."""
        if kind in FILES:
            self.play.do(lambda: self._send_file(kind))

    def _send_file(self, kind: str) -> None:
        arms, base = self.play.arms, self.play.base
        if not arms:
            return
        about = {
            "name": f"{base.environment}-seed{base.seed}-step{arms[0].step_count}.{kind}",
            "type": FILES[kind],
        }
        if kind == "csv":
            self.board.publish({"kind": "file"} | about, [downloads.series_csv(arms)])
        elif kind != "html":
            self.board.publish({"kind": "picture"} | about)
        elif self._making is None or not self._making.is_alive():
            setting = self.play.now()
            self._making = threading.Thread(target=self._make_replay, args=(setting, about), daemon=True)
            self._making.start()

    def _make_replay(self, setting: Setting, about: Json) -> None:
        """Play the run again while it goes on, and hand it to the visitor."""

        def report(step: int) -> None:
            if self._gone.is_set():
                raise SystemExit  # of this thread
            if 10 * step // (setting.step or 1) != 10 * (step - 1) // (setting.step or 1):
                self.play.complain(f"making the replay: {100 * step // (setting.step or 1)} %")

        said = ""
        try:
            page = downloads.replay(setting, self.play.limits, report)
            self.play.do(lambda: self.board.publish({"kind": "file"} | about, [page]))
        except BadInput as error:
            said = str(error)
        except Exception as error:
            logging.getLogger(__name__).exception("a replay failed")
            said = f"the replay could not be made ({type(error).__name__}); Reset, and try again"
        self.play.complain(said)


def _arms_in(environment: str, setting: Setting, *names: str) -> tuple[dict[str, Any], ...]:
    """Return the parameters of each arm that go along into an environment.

    Halving one user is the story of five; among hundreds it would leave two arms that look the same.
    """
    arms = tuple({k: v for k, v in arm.items() if k in names} for arm in setting.arms)
    if environment == "figure1":
        return arms
    return tuple(arm | {"mechanism": "hmt"} if arm.get("mechanism") == "halved" else arm for arm in arms)
