"""What a model's randomness comes from, as Mesa and NumPy take it."""

from __future__ import annotations

import operator
import reprlib
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISpawnableSeedSequence

from ecosystem_agents.inputs.checks import BadInput


def seed_of(rng: Any, seed: Any = None) -> Any:
    """Return what Mesa is given as ``rng``, from either of two words for it; None draws from the system.

    Whole numbers come out as plain ones: Mesa gives np.int64(3) another stream than 3.

    Raises
    ------
    BadInput
        If both are given, or the one that is cannot be used.
    """
    if rng is not None and seed is not None:
        raise BadInput(
            f"rng is {reprlib.repr(rng)} and seed is {reprlib.repr(seed)}, two words for one thing; give one of them"
        )
    name, value = ("rng", rng) if seed is None else ("seed", seed)
    try:
        if isinstance(value, (bool, str)):
            raise TypeError
        source = operator.index(value) if hasattr(value, "__index__") and np.ndim(value) == 0 else value
        if isinstance(np.random.default_rng(source).bit_generator.seed_seq, ISpawnableSeedSequence):
            return source
    except (TypeError, ValueError):
        pass
    raise BadInput(
        f"{name} is {reprlib.repr(value)}; it must be a whole number at least 0, a list of them, or NumPy's "
        "Generator, BitGenerator or SeedSequence"
    )
