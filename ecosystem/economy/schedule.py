"""Mechanism swaps written as text: ``"none@0,hmt@1500"``."""

from __future__ import annotations

from agents.checks import BadInput
from agents.lookup import split_names
from agents.mechanisms import mechanism_of


def parse_schedule(text: str | None) -> dict[int, str]:
    """Return the mechanism to swap to after each number of completed steps.

    Parameters
    ----------
    text : str, optional
        ``name@steps`` parts joined by commas; None or empty means no swaps.

    Raises
    ------
    BadInput
        If a part is not ``name@steps``, there is no such mechanism, or a step comes twice.
    """
    swaps: dict[int, str] = {}
    for part in split_names(text or ""):
        name, _, step = part.rpartition("@")
        if not step.strip().isdigit():
            raise BadInput(f"schedule has {part!r}; write mechanism@step, such as none@0,hmt@1500")
        name, at = name.strip(), int(step)
        mechanism_of(name)
        if at in swaps:
            raise BadInput(f"schedule names step {at} twice; give each step one mechanism")
        swaps[at] = name
    return swaps
