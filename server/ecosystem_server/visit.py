"""What one visitor has of a page: a play on a thread of its own, the board that draws it, and showing them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import solara

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.board import Board
from ecosystem_server.limits import Limits, limits_in_force
from ecosystem_server.player import Player


class Visit(ABC):
    """A play and its board; opened when its page is first shown, closed with the visitor's tab.

    Parameters
    ----------
    query : str, optional
        What the page's address asks for, if it asks for this page.
    limits : Limits, optional
        What this server allows; default those in force.

    Attributes
    ----------
    tell : callable
        Takes the play's status; the page sets it while it is shown.
    complaint : str
        What was wrong with the page's address, to be shown once.
    """

    what: ClassVar[str]
    """What a server has too many of when it is full."""
    usual: ClassVar[Any]
    """Setting where the address asks for none, or for one that cannot be."""
    drawn_by: ClassVar[str]
    """Script of the board."""
    play_kind: ClassVar[Callable[..., Player]]
    keys: ClassVar[tuple[str, ...]]
    """Requests of the play that have a key."""
    speeds: ClassVar[tuple[float, ...]] = ()
    """Speeds that the keys for faster and slower go through."""

    play: Any
    board: Board

    def __init__(self, query: str | None = None, limits: Limits | None = None) -> None:
        self.limits = limits or limits_in_force()
        self.complaint = ""
        try:
            setting = self.read(query)
        except BadInput as error:
            setting, self.complaint = self.usual, str(error)
        self.tell: Callable[[Any], None] = lambda status: None
        self.board = Board(self.drawn_by, self.heard)
        self.play = self.play_kind(setting, self.limits, self.board.publish, lambda status: self.tell(status))

    @abstractmethod
    def read(self, query: str | None) -> Any:
        """Return the setting that an address asks for."""

    @abstractmethod
    def take(self, message: dict[str, Any]) -> None:
        """Take a message of the board that is no key."""

    def open(self) -> str:
        """Start the play, the first time it is shown; return what keeps it from starting."""
        if not self.play.start():
            most = self.limits.worlds
            return f"This server plays {most} {self.what} at most, and all are taken; try again later."
        if self.complaint:
            self.play.complain(self.complaint)
            self.complaint = ""
        return ""

    def close(self) -> None:
        """Stop everything."""
        self.play.close()
        self.board.close()

    def heard(self, content: Any) -> None:
        """Take a message of the board."""
        if not isinstance(content, dict):
            return
        if content.get("kind") != "key":
            self.take(content)
            return
        key = content.get("key")
        if key in self.keys:
            getattr(self.play, key)()
        elif key in ("slower", "faster") and self.speeds:
            self.play.set_speed(beside(self.speeds, self.play.status.speed, 1 if key == "faster" else -1))


def beside(speeds: Sequence[float], speed: float, by: int) -> float:
    """Return the speed so many places after the one nearest to `speed`, or the last one there is."""
    at = min(range(len(speeds)), key=lambda k: abs(speeds[k] - speed))
    return speeds[min(max(at + by, 0), len(speeds) - 1)]


def use_visit(visit: Visit, shown: bool = True) -> tuple[Any, str]:
    """Open a visit while its page is shown and pause it after; return its status and why it is refused."""
    status, set_status = solara.use_state(visit.play.status)
    refused, set_refused = solara.use_state("")

    def show() -> Callable[[], None] | None:
        if not shown:
            return None
        visit.tell = set_status
        set_refused(visit.open())
        set_status(visit.play.status)

        def leave() -> None:
            visit.tell = lambda status: None
            visit.play.pause()

        return leave

    solara.use_effect(show, [shown])
    return status, refused
