"""How words are read where it is not as usual: unknown commands, one that need not be named, numbers below 0."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup


class Commands(TyperGroup):
    """Names the commands that there are, and the nearest, where a word is none of them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the first word names."""
        from ecosystem_agents.inputs.checks import choice

        choice(f"command of `{ctx.command_path}`", args[0], list(self.commands))
        return super().resolve_command(ctx, args)


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
        """Leave what looks like an option and is none among the arguments where one is a number below 0."""
        ctx.ignore_unknown_options = any(re.match(r"-[\d.]", word) for word in args)
        return super().parse_args(ctx, args)
