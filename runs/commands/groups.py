"""Groups of commands with one that need not be named."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class RunUnlessNamed(TyperGroup):
    """Takes what is no command for the words of ``run``: ``sweep plan.toml`` is ``sweep run plan.toml``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``run`` in front of words that begin with no command."""
        if args and args[0] != "--help" and args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)
