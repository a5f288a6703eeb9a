"""What plays a page's worlds: a thread that does what it is asked and takes its turns in between.

Whoever wants something puts a request into the thread's queue; nobody else touches what it plays, so nothing needs
a lock.
"""

from __future__ import annotations

import logging
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import Any, ClassVar, Generic, TypeVar

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.address import PageSetting
from ecosystem_server.board import Json
from ecosystem_server.limits import Limits

MOST_WAITING = 1000
"""Requests that wait for their turn, as while a large world is made."""

_log = logging.getLogger(__name__)
_lock = threading.Lock()


SettingT = TypeVar("SettingT", bound=PageSetting)


@dataclass(frozen=True)
class Status(Generic[SettingT]):
    """What the controls show of a play; each kind adds its own."""

    setting: SettingT  # what Reset would start: the present values
    _: KW_ONLY
    playing: bool = False  # whether it goes on by itself
    message: str = ""  # what went wrong with the last request and what to do; empty if nothing
    revision: int = 0  # grows with every answer, so that a refused input shows the value in force again

    def shown(self) -> Json:
        """Return what the controls show besides settings."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if not isinstance(value, PageSetting)}


StatusT = TypeVar("StatusT", bound=Status[Any])


class Player(ABC, Generic[SettingT, StatusT]):
    """A thread and its requests.

    From the thread, `publish` sends a message, with buffers where there are any, to the board; `notify` takes the
    status whenever it changes.
    """

    open: ClassVar[set[Player[Any, Any]]]
    """Players of the same kind whose thread runs."""
    plural: ClassVar[str]
    """What a server has too many of when it is full."""
    setting_kind: ClassVar[type[PageSetting]]
    status_kind: ClassVar[type[Any]]
    failure: ClassVar[str]
    """What is shown after an error that is no bad input, with {} for the error."""
    requests: ClassVar[tuple[str, ...]] = ("play", "pause", "toggle")
    """What buttons and keys may ask for, by the methods' names."""
    view = ""
    """What the address says in ``view`` where that is not the setting's own."""

    def __init_subclass__(cls) -> None:
        cls.open = set()

    def __init__(
        self,
        setting: SettingT,
        limits: Limits,
        publish: Callable[..., None],
        notify: Callable[[StatusT], None],
    ) -> None:
        self.base, self.limits = setting, limits
        self.publish, self.notify = publish, notify
        self.status: StatusT = self.status_kind(setting)
        self._requests: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"ecosystem {type(self).__name__}", daemon=True
        )

    def start(self) -> bool:
        """Start the thread, if it is not running and the server is not full; return whether it runs."""
        with _lock:
            if self in self.open:
                return True
            if self._closed.is_set() or len(self.open) >= self.limits.worlds:
                return False
            self.open.add(self)
        self._thread.start()
        return True

    def close(self, wait: float = 2.0) -> None:
        """Stop the thread."""
        self._closed.set()
        self.do(lambda: None)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(wait)

    def do(self, request: Callable[[], None]) -> None:
        """Let the thread run `request` between two steps; what is asked for while very much waits is lost."""
        if self._requests.qsize() < MOST_WAITING:
            self._requests.put(request)

    def act(self, request: Any) -> None:
        """Do what a button or key asks for, if there is such a request."""
        if request in self.requests:
            getattr(self, request)()

    def heard(self, content: Any) -> None:
        """Take a message of the board."""
        match content:
            case {"kind": "key"}:
                self.act(content.get("key"))
            case {"kind": "ready"}:
                self.show()
            case dict():
                self.take(content)

    def complain(self, message: str) -> None:
        """Show a message."""
        self.do(lambda: self._set_status(message=message))

    def refused(self, message: str) -> StatusT:
        """Return the status of a player that the server had no room for."""
        return replace(self.status, message=message)

    def play(self) -> None:
        """Play."""
        self.do(self._play)

    def pause(self) -> None:
        """Stop playing."""
        self.do(self._pause)

    def toggle(self) -> None:
        """Play if it stands, else pause."""
        self.do(lambda: self._pause() if self.status.playing else self._play())

    def show(self) -> None:
        """Send all there is: the board is new."""
        self.do(self._send_all)

    # --- what each kind does -----------------------------------------------------------------------------

    @abstractmethod
    def take(self, message: Json) -> None:
        """Take a message of the board that only this page has."""

    @abstractmethod
    def _reset(self, setting: SettingT) -> None:
        """Start another setting, or raise `BadInput` and leave things as they are."""

    @abstractmethod
    def _play(self) -> None:
        """Begin to play, if there is something to play."""

    def _pause(self) -> None:
        self._set_status(playing=False)

    @abstractmethod
    def _patience(self) -> float | None:
        """Return how many seconds to wait for requests before the next turn; None if nothing is due."""

    @abstractmethod
    def _turn(self) -> None:
        """Do what is due."""

    @abstractmethod
    def now(self) -> SettingT:
        """Return the setting that leads to where things stand."""

    @abstractmethod
    def _send_all(self) -> None:
        """Send all that the board draws."""

    @abstractmethod
    def _end(self) -> None:
        """Let go of what was played."""

    def _progress(self) -> dict[str, Any]:
        """Return what a status says of how far things are."""
        return {}

    def _standing_message(self) -> str:
        """Return what is shown while there is nothing else to say."""
        return ""

    def _fail(self, message: str) -> None:
        """Stop after an error that is no bad input."""
        self._set_status(message=message, playing=False)

    # --- the page ----------------------------------------------------------------------------------------

    def _set_status(self, **changes: Any) -> None:
        changes.setdefault("message", self._standing_message())
        self.status = replace(
            self.status, **{**self._progress(), **changes}, revision=self.status.revision + 1
        )
        try:
            self.notify(self.status)
            self.send_address()
        except Exception:  # the page is on its way out; the worlds end with it
            _log.debug("nobody listens", exc_info=True)

    def send_address(self) -> None:
        """Send the board, from the thread, the address that leads to where things stand."""
        query = self.now().to_query(self.view)
        self.publish({"kind": "address", "query": query, "playing": self.status.playing})

    # --- the thread --------------------------------------------------------------------------------------

    def _begin(self) -> None:
        try:
            self._reset(self.base)
        except BadInput:
            self._reset(type(self.base)())
            raise

    def _run(self) -> None:
        try:
            self._guarded(self._begin)  # before what was asked for until now
            while not self._closed.is_set():
                self._serve_requests(self._patience())
                if not self._closed.is_set():
                    self._guarded(self._turn, playing=False)
        finally:
            with _lock:
                self.open.discard(self)
            self._end()

    def _serve_requests(self, wait: float | None) -> None:
        try:
            request = self._requests.get(timeout=wait) if wait != 0 else self._requests.get_nowait()
            while True:
                self._guarded(request)
                request = self._requests.get_nowait()
        except queue.Empty:
            return

    def _guarded(self, request: Callable[[], None], **then: Any) -> None:
        """Run a request; bad input becomes a message, and what it changes `then`; anything else ends the play."""
        try:
            request()
        except BadInput as error:
            self._set_status(message=str(error), **then)
        except Exception as error:
            _log.exception("a world failed")
            self._fail(self.failure.format(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"))
