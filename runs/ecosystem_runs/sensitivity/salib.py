"""SALib, which comes with the extra ``analysis``."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ecosystem_agents.inputs.checks import BadInput


def salib(module: str) -> ModuleType:
    """Return a module of SALib; where it is not installed, a line says how it comes."""
    try:
        return import_module(f"SALib.{module}")
    except ImportError:
        raise BadInput(
            'method "morris" needs the library SALib, which is not installed; run: '
            'pip install "creator-ecosystem[analysis]", or take method = "sobol"'
        ) from None
