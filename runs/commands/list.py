"""``ecosystem list``: what there is to choose from."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def list_names(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """List environments, mechanisms, rewards and creator rules."""
    from agents.creator import RULES
    from agents.mechanisms import MECHANISMS
    from ecosystem.environments import ENVIRONMENTS
    from ecosystem.rewards import REWARDS

    kinds = {
        "environments": {name: spec.summary for name, spec in ENVIRONMENTS.items()},
        "mechanisms": {name: _first_line(mechanism) for name, mechanism in MECHANISMS.items()},
        "rewards": {name: _first_line(reward) for name, reward in REWARDS.items()},
        "rules": {name: _first_line(rule) for name, rule in RULES.items()},
    }
    details = {
        "mechanisms": {name: _details(mechanism) for name, mechanism in MECHANISMS.items()},
        "rewards": {name: _details(reward) for name, reward in REWARDS.items()},
    }
    if as_json:
        typer.echo(json.dumps(kinds | {"details": details}))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for kind, names in kinds.items():
        table = Table(title=kind, title_justify="left", show_header=False, box=None, padding=(0, 2))
        for name, line in names.items():
            table.add_row(name, line)
            if kind in details:
                told = details[kind][name]
                table.add_row("", Text(f"needs {told['needs']}; {told['reference']}", style="dim"))
        console.print(table)


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0].rstrip(".")


def _details(thing: object) -> dict[str, str]:
    return {"needs": str(getattr(thing, "needs", "")), "reference": str(getattr(thing, "reference", ""))}
