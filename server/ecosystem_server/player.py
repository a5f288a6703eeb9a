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
from typing import Any, ClassVar

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.limits import Limits

_log = logging.getLogger(__name__)
_lock = threading.Lock()


class Player(ABC):
    """A thread and its requests.

    Parameters
    ----------
    status : Any
        What the controls show at first; a frozen dataclass with ``playing``, ``message`` and ``revision``.
    limits : Limits
        What this server allows.
    publish : callable
        Sends a message, and buffers where there are any, to the board; called from the thread.
    tell : callable
        Takes the status whenever it changes; called from the thread.
    """

    open: ClassVar[set[Player]]
    """Players of the same kind whose thread runs."""

    def __init_subclass__(cls) -> None:
        cls.open = set()

    def __init__(
        self, status: Any, limits: Limits, publish: Callable[..., None], tell: Callable[[Any], None]
    ) -> None:
        self.status, self.limits = status, limits
        self.publish, self.tell = publish, tell
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
        self.do(self._begin)
        self._thread.start()
        return True

    def close(self, wait: float = 2.0) -> None:
        """Stop the thread."""
        self._closed.set()
        self.do(lambda: None)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(wait)

    def do(self, request: Callable[[], None]) -> None:
        """Let the thread run `request` between two steps."""
        self._requests.put(request)

    def complain(self, message: str) -> None:
        """Show a message."""
        self.do(lambda: self._say(message=message))

    def play(self) -> None:
        """Play."""
        self.do(self._play)

    def pause(self) -> None:
        """Stop playing."""
        self.do(self._pause)

    def toggle(self) -> None:
        """Play if it stands, else pause."""
        self.do(lambda: self._pause() if self.status.playing else self._play())

    # --- what each kind does -----------------------------------------------------------------------------

    @abstractmethod
    def _begin(self) -> None:
        """Build what is played first."""

    @abstractmethod
    def _play(self) -> None:
        """Begin to play, if there is something to play."""

    def _pause(self) -> None:
        self._say(playing=False)

    @abstractmethod
    def _patience(self) -> float | None:
        """Return how many seconds to wait for requests before the next turn; None if nothing is due."""

    @abstractmethod
    def _turn(self) -> None:
        """Do what is due."""

    @abstractmethod
    def _say(self, **changes: Any) -> None:
        """Tell the page a new status."""

    @abstractmethod
    def _failed(self, error: Exception, told: str) -> None:
        """Stop after an error that is no bad input; `told` says what it was."""

    @abstractmethod
    def _end(self) -> None:
        """Let go of what was played."""

    # --- the thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
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
            self._say(message=str(error), **then)
        except Exception as error:
            _log.exception("a world failed")
            self._failed(error, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
