"""Random streams: one a purpose, so that runs which differ in one of them stay aligned in the others."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ecosystem_agents.creator import RULES

PURPOSES = ("environment", "groups", "moves", "requests", *RULES)
"""Streams that every model has; a new purpose goes to the end, so that the others stay what they are."""


class Streams:
    """The streams of a model, by purpose; any other name gives one that depends on it and the seed alone."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._own = rng
        self._streams = dict(zip(PURPOSES, rng.spawn(len(PURPOSES)), strict=True))

    def state(self) -> dict[str, Any]:
        """Return where every stream is, as plain JSON: its bits, and how many were spawned from it."""
        all_bits: dict[str, Any] = {
            name: stream.bit_generator for name, stream in [("", self._own), *self._streams.items()]
        }
        return {name: (bits.state, bits.seed_seq.n_children_spawned) for name, bits in all_bits.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Put every stream where it was, those of other names too."""
        for name, (place, spawned) in state.items():
            bits: Any = (self[name] if name else self._own).bit_generator
            bits.state = place
            bits.seed_seq.spawn(spawned - bits.seed_seq.n_children_spawned)

    def __getitem__(self, name: str) -> np.random.Generator:
        if name not in self._streams:
            seed: Any = self._streams["environment"].bit_generator.seed_seq
            words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4")
            key = (*seed.spawn_key, *(int(word) for word in words))
            self._streams[name] = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=key))
        return self._streams[name]
