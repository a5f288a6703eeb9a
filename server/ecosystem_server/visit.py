"""What one visitor has of a page: a play on a thread of its own, the board that draws it, and showing them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import solara

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.address import PageSetting
from ecosystem_server.board import Board, Json
from ecosystem_server.limits import Limits, limits_in_force
from ecosystem_server.player import Player


class Visit(ABC):
    """A play and its board, from the address if it is this page's; opened when first shown, closed with the tab."""

    plural: ClassVar[str]
    """What a server has too many of when it is full."""
    setting_kind: ClassVar[type[PageSetting]]
    drawn_by: ClassVar[str]
    """Script of the board."""
    play_kind: ClassVar[Callable[..., Player[Any, Any]]]

    play: Player[Any, Any]

    def __init__(self, query: str | None = None, limits: Limits | None = None) -> None:
        self.limits = limits or limits_in_force()
        self.complaint = ""  # what was wrong with the address, to be shown once
        try:
            setting = self.setting_kind.from_query(query, self.limits)
        except BadInput as error:
            setting, self.complaint = self.setting_kind(), str(error)
        self.notify: Callable[[Any], None] = lambda status: None  # the page takes it while it is shown
        self.board = Board(self.drawn_by, self.heard)
        self.play = self.play_kind(
            setting, self.limits, self.board.publish, lambda status: self.notify(status)
        )

    @abstractmethod
    def take(self, message: Json) -> None:
        """Take a message of the board that only this page has."""

    def open(self) -> Any:
        """Start the play, the first time it is shown; return its status, or one that says why it cannot start."""
        if not self.play.start():
            most = self.limits.worlds
            return self.play.refused(
                f"This server plays {most} {self.plural} at most, and all are taken; try again later."
            )
        if self.complaint:
            self.play.complain(self.complaint)
            self.complaint = ""
        return self.play.status

    def close(self) -> None:
        """Stop everything."""
        self.play.close()
        self.board.close()

    def heard(self, content: Any) -> None:
        """Take a message of the board."""
        if not isinstance(content, dict):
            return
        if content.get("kind") == "key":
            self.play.act(content.get("key"))
        elif content.get("kind") == "ready":
            self.play.show()
        else:
            self.take(content)


def use_visit(visit: Visit, shown: bool = True) -> Any:
    """Open a visit while its page is shown and pause it after; return its status."""
    status, set_status = solara.use_state(visit.play.status)

    def show() -> Callable[[], None] | None:
        if not shown:
            return None
        visit.notify = set_status
        set_status(visit.open())

        def leave() -> None:
            visit.notify = lambda status: None
            visit.play.pause()

        return leave

    solara.use_effect(show, [shown])
    return status
