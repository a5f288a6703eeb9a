"""Mechanism swaps written as text: ``"none@0,hmt@1500"``."""

from __future__ import annotations

from agents.checks import BadInput, choice
from agents.mechanisms import MECHANISMS


def parse_schedule(text: str | None) -> dict[int, str]:
    """Return the mechanism to swap to after each number of completed steps.

    Parameters
    ----------
    text : str, optional
        ``name@steps`` parts joined by commas; None or empty means no swaps.

    Raises
    ------
    BadInput
        If a part is not ``name@steps``, a name is unknown, or a step comes twice.
    """
    swaps: dict[int, str] = {}
    for part in filter(None, (p.strip() for p in (text or "").split(","))):
        name, _, step = part.partition("@")
        if not step.strip().isdigit():
            raise BadInput(f"schedule has {part!r}; write mechanism@step, such as none@0,hmt@1500")
        name, at = choice("schedule", name.strip(), MECHANISMS), int(step)
        if at in swaps:
            raise BadInput(f"schedule names step {at} twice; give each step one mechanism")
        swaps[at] = name
    return swaps
