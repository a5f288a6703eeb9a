"""What one visitor has of a page: a play on a thread of its own, the board that draws it, and showing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import solara

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.board import Board
from ecosystem_server.limits import limits_in_force
from ecosystem_server.player import Player

PlayT = TypeVar("PlayT", bound=Player[Any, Any])


class Visit(Generic[PlayT]):
    """A play and its board, from the address if it is this page's; opened when first shown, closed with the tab."""

    def __init__(
        self, kind: type[PlayT], drawn_by: str, query: str | None = None, complaint: str = ""
    ) -> None:
        limits = limits_in_force()
        self.complaint = complaint  # what was wrong with the address, to be shown once
        try:
            setting = kind.setting_kind.from_query(query, limits)
        except BadInput as error:
            setting, self.complaint = kind.setting_kind(), str(error)
        self.notify: Callable[[Any], None] = lambda status: None  # the page takes it while it is shown
        self.board = Board(drawn_by, lambda content: self.play.heard(content))
        self.play = kind(setting, limits, self.board.publish, lambda status: self.notify(status))

    def open(self) -> Any:
        """Start the play, the first time it is shown; return its status, or one that says why it cannot start."""
        if not self.play.start():
            most = self.play.limits.worlds
            return self.play.refused(
                f"This server plays {most} {self.play.plural} at most, and all are taken; try again later."
            )
        if self.complaint:
            self.play.complain(self.complaint)
            self.complaint = ""
        return self.play.status

    def close(self) -> None:
        """Stop everything."""
        self.play.close()
        self.board.close()


def use_visit(visit: Visit[Any], shown: bool = True) -> Any:
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
