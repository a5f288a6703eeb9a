"""Mechanism swaps written as text: ``"none@0,hmt@1500"``."""

from __future__ import annotations

from collections.abc import Mapping

from ecosystem_agents.inputs.checks import BadInput, spelt_whole
from ecosystem_agents.inputs.lookup import split_names
from ecosystem_agents.mechanisms import UIR, Mechanism, NoIntervention, mechanism_of

EXAMPLE = "write mechanism@step, such as none@0,hmt@1500"


def parse_schedule(schedule: str | None) -> dict[int, str]:
    """Return the mechanism to swap to after each number of completed steps: ``name@steps`` parts, none if empty."""
    swaps: dict[int, str] = {}
    if not isinstance(schedule, (str, type(None))):
        raise BadInput(f"schedule is {schedule!r}; {EXAMPLE}")
    for part in split_names(schedule or ""):
        name, _, step = part.rpartition("@")
        name, at = name.strip(), spelt_whole(step)
        if at is None or at < 0:
            raise BadInput(f"schedule has {part[:200]!r}; {EXAMPLE}")
        mechanism_of(name)
        if at in swaps:
            raise BadInput(f"schedule names step {at} twice; give each step one mechanism")
        swaps[at] = name
    return swaps


def swaps_of(schedule: str | None, mechanism: Mechanism, weighting: str) -> dict[int, str]:
    """Return `parse_schedule` for a run that starts with `mechanism`: with one to start with, and `once_weighted`."""
    swaps = parse_schedule(schedule)
    made = {step: once_weighted(mechanism_of(name), weighting) for step, name in swaps.items()}
    if 0 in made and type(mechanism) is not NoIntervention and made[0] != mechanism:
        raise BadInput(
            f"schedule starts with {swaps[0]}@0 and mechanism is {type(mechanism).__name__}; leave one of the two out"
        )
    return swaps


def swapped_to(schedule: Mapping[int, str], steps: int) -> str | None:
    """Return the mechanism of a schedule that is in force after so many steps, before what is due with the next."""
    return next((name for step, name in sorted(schedule.items(), reverse=True) if step < steps), None)


def once_weighted(mechanism: Mechanism, weighting: str) -> Mechanism:
    """Return `mechanism`, unless it and the `weighting` would both multiply rewards by Algorithm 1's weights."""
    if weighting == "uir" and isinstance(mechanism, UIR):
        raise BadInput(
            "weighting is 'uir' and so is the mechanism, which would weight rewards twice; "
            "leave one of the two out"
        )
    return mechanism
