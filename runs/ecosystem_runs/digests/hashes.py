"""Hashes of descriptions and of what a run began and ended with: equal for what is equal, and for nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ecosystem import CreatorEconomy


def digest_of(description: Mapping[str, Any] | str) -> str:
    """Return a short hash of plain JSON data, the same for the same data."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def world_hash(model: CreatorEconomy) -> str:
    """Return a hash of the world a run started in: users, creators, and items to choose among."""
    return _sha256(model.users, model.start, *([] if model.catalogue is None else [model.catalogue.items]))


def strategies_hash(model: CreatorEconomy) -> str:
    """Return a hash of where creators stand: equal only for equal bits."""
    return _sha256(model.strategies)


def _sha256(*arrays: np.ndarray) -> str:
    return hashlib.sha256(b"".join(np.asarray(one, dtype="<f8").tobytes() for one in arrays)).hexdigest()
