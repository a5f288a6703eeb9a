"""Names that a module offers and imports only when they are first asked for, so that importing it costs nothing."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any


class Late:
    """What the stub beside a module says that it offers: the one list, for type checkers and at run time.

    Parameters
    ----------
    file : str
        The module's ``__file__``; its stub has ``from ... import ...`` lines.
    """

    def __init__(self, file: str) -> None:
        self.module = Path(file)
        lines = ast.parse(self.module.with_suffix(".pyi").read_text(encoding="utf-8")).body
        imports = [line for line in lines if isinstance(line, ast.ImportFrom)]
        self.home_of = {alias.name: str(line.module) for line in imports for alias in line.names}

    def attribute(self, name: str) -> Any:
        """Return what is offered by that name: a module's ``__getattr__`` (PEP 562)."""
        if name not in self.home_of:
            raise AttributeError(f"{self.module.parent.name}/{self.module.name} has no attribute {name!r}")
        return getattr(import_module(self.home_of[name]), name)

    def names(self) -> list[str]:
        """Return what is offered: a module's ``__dir__``."""
        return sorted(self.home_of)
