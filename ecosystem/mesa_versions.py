"""What models give Mesa and take from it, the same whatever its version."""

from __future__ import annotations

import operator
import reprlib
from typing import Any

import mesa
import numpy as np
from numpy.random.bit_generator import ISpawnableSeedSequence

from ecosystem_agents.inputs.checks import BadInput

COUNTS_STEPS = int(mesa.__version__.partition(".")[0]) < 4
"""Whether Mesa adds 1 to ``model.steps`` before each step; the pre-release of Mesa 4 keeps the time alone."""


def begin_step(model: mesa.Model) -> None:
    """Count the step that begins where Mesa does not; called first in every ``step``."""
    model.steps += not COUNTS_STEPS


def seed_of(rng: Any, seed: Any = None) -> Any:
    """Return what Mesa is given as ``rng``, from either of two words for it; None draws from the system.

    Raises
    ------
    BadInput
        If both are given, or the one that is cannot be used.
    """
    name, value = ("rng", rng) if seed is None else ("seed", seed)
    if rng is not None and seed is not None:
        raise BadInput("rng and seed are two words for one thing; give one of them")
    try:
        if isinstance(value, (bool, str)):
            raise TypeError
        # Mesa gives np.int64(3) another stream than 3.
        source = operator.index(value) if hasattr(value, "__index__") and np.ndim(value) == 0 else value
        if isinstance(np.random.default_rng(source).bit_generator.seed_seq, ISpawnableSeedSequence):
            return source
    except (TypeError, ValueError):
        pass
    raise BadInput(
        f"{name} is {reprlib.repr(value)}; it must be a whole number at least 0, a list of them, or NumPy's "
        "Generator, BitGenerator or SeedSequence"
    )
