"""How much a visitor may ask for: everything on one's own machine, less on a public one."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ecosystem_agents.inputs.checks import BadInput

PUBLIC_VARIABLE = "ECOSYSTEM_PUBLIC"
"""Environment variable that ``ecosystem serve --public`` sets to 1."""


@dataclass(frozen=True)
class Limits:
    """What one page, and all pages together, may use; by default, what one's own machine gives."""

    pages: int = 200  # open at the same time
    pages_each: int = 100  # of one address, behind which there may be a lecture hall
    worlds: int = 100  # pages with a world of their own, open at the same time
    n_creators: int = 5000  # of an arm
    arrivals: float = 100.0  # creators who come a step, in the mean
    n_users: int = 200_000
    items: int = 200_000  # of uploaded arrays: what creators choose among, and where they start
    dim: int = 10_000
    pairs: int = 2_000_000_000  # users times items
    world: int = 8_000_000_000  # bytes of an arm
    speed: float = float("inf")  # steps a second of an arm; infinity is as fast as the machine can
    steps: int = 1_000_000  # of a run; then it stops
    past: int = 300_000_000  # bytes of the states that a page keeps to go back to
    replay: int = 20_000_000  # creators times steps of a run that is taken home
    upload: int = 12_000_000  # bytes of an uploaded file, and of the arrays in it once unpacked
    survey: int = 50  # seeds of the tour's survey
    publishers: int = 10  # what fits a heat map one can read
    queries: int = 20
    ranking_speed: float = 20.0  # steps a second
    ranking_steps: int = 500  # documents that never settle become fractions of hundreds of digits by then
    arenas: int = 20  # that run at the same time
    arena_seconds: float = float("inf")  # of running once asked to; then others get their turn
    arena_seeds: int = 100
    arena_steps: int = 20_000  # of each run
    arena_policies: int = 50  # besides no intervention
    arena_creators: int = 5000
    arena_users: int = 200_000


OWN_MACHINE = Limits()
PUBLIC = Limits(
    pages=100,
    pages_each=60,
    worlds=12,  # so many get their five frames a second on two cores
    n_creators=300,
    arrivals=3,
    n_users=5000,
    items=20_000,
    dim=1000,
    pairs=20_000_000,
    world=60_000_000,
    speed=60.0,
    steps=20_000,
    past=40_000_000,
    replay=2_000_000,
    upload=2_000_000,
    publishers=8,
    queries=12,
    ranking_speed=5.0,
    ranking_steps=200,
    arenas=2,  # each keeps a core busy
    arena_seconds=120.0,
    arena_seeds=10,
    arena_steps=1000,
    arena_policies=8,
    arena_creators=100,
    arena_users=2000,
)


def refuse_more(name: str, count: float, most: float) -> None:
    """Refuse more of something than a server allows."""
    if count > most:
        raise BadInput(f"{name} is {count}; this server allows at most {most}: choose fewer")


def limits_in_force() -> Limits:
    """Return the limits this server was started with."""
    return PUBLIC if os.environ.get(PUBLIC_VARIABLE) == "1" else OWN_MACHINE
