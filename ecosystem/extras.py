"""Libraries of extras, which not every installation has."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ecosystem_agents.inputs.checks import BadInput


def library(module: str, wanted_by: str, extra: str, instead: str = "") -> ModuleType:
    """Return a module of a library; where it is not installed, a line says how it comes, and what does without."""
    try:
        return import_module(module)
    except ImportError:
        raise BadInput(
            f"{wanted_by} needs the library {module.partition('.')[0]}, which is not installed; run: "
            f"python -m pip install -c constraints.txt '.[{extra}]' in the folder of the clone{instead}"
        ) from None
