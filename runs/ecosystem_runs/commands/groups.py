"""How words are read where it is not as usual: a command that need not be named, numbers below 0."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup


class RunUnlessNamed(TyperGroup):
    """Takes what is no command for the words of ``run``: ``sweep plan.toml`` is ``sweep run plan.toml``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``run`` in front of words that begin with no command."""
        if args and args[0] != "--help" and args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


class TakesNumbers(TyperCommand):
    """Takes -7 for a number, which its own check then refuses, and not for an option that there is not."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put a blank in front of numbers below 0: no option begins so, and whoever reads a number skips it."""
        return super().parse_args(ctx, [re.sub(r"^(?=-[\d.])", " ", word) for word in args])
