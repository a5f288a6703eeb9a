"""How much a visitor may ask for: everything on one's own machine, less on a public one."""

from __future__ import annotations

import os
from dataclasses import dataclass

PUBLIC_VARIABLE = "ECOSYSTEM_PUBLIC"
"""Environment variable that ``ecosystem serve --public`` sets to 1."""


@dataclass(frozen=True)
class Limits:
    """What one page, and all pages together, may use.

    Attributes
    ----------
    worlds : int
        Pages with a world of their own, open at the same time.
    n_creators, n_users : int
        Population of an arm.
    speed : float
        Steps a second of an arm; infinity plays as fast as the machine can.
    steps : int
        Steps of a run; then it stops.
    upload : int
        Bytes of an uploaded file, and of the arrays in it once unpacked.
    survey : int
        Seeds of the tour's survey.
    """

    worlds: int
    n_creators: int
    n_users: int
    speed: float
    steps: int
    upload: int
    survey: int


OWN_MACHINE = Limits(
    worlds=100,
    n_creators=5000,
    n_users=200_000,
    speed=float("inf"),
    steps=1_000_000,
    upload=12_000_000,
    survey=50,
)
PUBLIC = Limits(
    worlds=20, n_creators=300, n_users=5000, speed=60.0, steps=20_000, upload=2_000_000, survey=50
)


def limits_in_force() -> Limits:
    """Return the limits this server was started with."""
    return PUBLIC if os.environ.get(PUBLIC_VARIABLE) == "1" else OWN_MACHINE
