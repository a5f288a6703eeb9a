"""Signs of life from inside long computations, so that whoever watches can tell a long one from one that hangs.

What may go on for long calls `beat` every so often, as the economy does each step. A count is all that there is: it
costs nothing, and who wants to know whether the work goes on looks whether it grows.
"""

from __future__ import annotations

beats = 0
"""How often `beat` was called in this process."""


def beat() -> None:
    """Say that the computation goes on."""
    global beats
    beats += 1
