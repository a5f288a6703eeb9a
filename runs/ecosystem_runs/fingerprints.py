"""Fingerprints of descriptions, files, worlds and results: equal for what is equal, and for nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ecosystem.economy import CreatorEconomy


def fingerprint(description: Mapping[str, Any]) -> str:
    """Return a short hash of plain JSON data, the same for the same data."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_fingerprint(path: Path) -> str:
    """Return a short hash of a file's content; says so where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return "cannot be read"


def world_sha256(model: CreatorEconomy) -> str:
    """Return a fingerprint of the world a run started in: users, creators, and items to choose among."""
    arrays = [model.users, model.start] + ([] if model.catalogue is None else [model.catalogue.items])
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return digest.hexdigest()


def strategies_sha256(model: CreatorEconomy) -> str:
    """Return a fingerprint of where creators stand: equal only for equal bits."""
    return hashlib.sha256(np.ascontiguousarray(model.strategies, dtype="<f8").tobytes()).hexdigest()
