"""Signs of life from inside long computations, so that whoever watches can tell a long one from one that hangs.

What may go on for long calls `beat` every so often, as the economy does each step. A count is all that there is: it
costs nothing, and who wants to know whether the work goes on looks whether it grows.
"""

from __future__ import annotations

from collections.abc import Callable

beats = 0
"""How often `beat` was called in this process."""


def beat() -> None:
    """Say that the computation goes on."""
    global beats
    beats += 1


when_compiling: list[Callable[[], None]] = []
"""Who wants to know, once, that code is compiled which no start before has kept; set by the process that asks."""


def compiles() -> None:
    """Say that code is about to be compiled."""
    while when_compiling:
        when_compiling.pop()()
