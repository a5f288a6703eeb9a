"""What the pages of games share: a widget that talks back, a play with its board, and showing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import solara


class Talking(anywidget.AnyWidget):
    """A widget that hands on what the browser says.

    Parameters
    ----------
    heard : callable, optional
        Takes each message.
    """

    def __init__(self, heard: Callable[[Any], None] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if heard is not None:
            self.on_msg(lambda _widget, content, _buffers: heard(content))


class Game:
    """A play on a thread of its own, and the board that draws it: what belongs to one page.

    Attributes
    ----------
    play, board : Any
        Set by the game.
    tell : callable
        Takes the play's status; the page sets it while it is shown.
    complaint : str
        What was wrong with the page's address, to be shown once.
    taken : str
        What to say when the server has no place left.
    """

    play: Any
    board: Any
    tell: Callable[[Any], None]
    complaint: str
    taken: str

    def open(self) -> str:
        """Start the play, the first time it is shown; return what keeps it from starting."""
        if not self.play.start():
            return self.taken
        if self.complaint:
            self.play.complain(self.complaint)
            self.complaint = ""
        return ""

    def close(self) -> None:
        """Stop everything."""
        self.play.close()
        self.board.close()


def use_game(game: Game) -> tuple[Any, str]:
    """Open a game while its page is shown and pause it after; return its status and why it is refused."""
    status, set_status = solara.use_state(game.play.status)
    refused, set_refused = solara.use_state("")

    def show() -> Callable[[], None]:
        game.tell = set_status
        set_refused(game.open())
        set_status(game.play.status)

        def leave() -> None:
            game.tell = lambda status: None
            game.play.pause()

        return leave

    solara.use_effect(show, [])
    return status, refused
