"""What the controls show of a play."""

from __future__ import annotations

from dataclasses import dataclass

from ecosystem_server.live.setting import Setting


@dataclass(frozen=True)
class Status:
    """A snapshot of a play; the controls are drawn from it.

    Attributes
    ----------
    next : Setting
        What Reset would start: present values, those waiting for a reset included.
    running : Setting
        Present values of the worlds being played.
    playing : bool
        Whether steps are being taken.
    speed : float
        Steps a second.
    busy : str
        What keeps it from playing, such as replaying a link; empty if nothing.
    message : str
        What went wrong with the last request and what to do; empty if nothing.
    failed : bool
        Whether the model itself failed, so that only Reset helps.
    revision : int
        Grows with every status, so that a refused input shows the value in force again.
    """

    next: Setting
    running: Setting
    playing: bool = False
    speed: float = 40.0
    busy: str = "starting"
    message: str = ""
    failed: bool = False
    revision: int = 0
