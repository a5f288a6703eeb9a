"""``ecosystem list``: what there is to choose from."""

from __future__ import annotations

import json
from typing import Annotated

import typer

EQUATIONS = {
    "relevance": "the user's relevance, Eq. (5)",
    "traffic": "1 a match, Eq. (6)",
    "lift": "relevance over the first creator left out",
    "contribution": "what the user would lose without the creator",
}


def list_names(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """List environments, mechanisms, rewards and creator rules."""
    from agents.creator import RULES
    from agents.mechanisms import MECHANISMS
    from ecosystem.environments import ENVIRONMENTS
    from ecosystem.game import REWARDS

    kinds = {
        "environments": {name: spec.summary for name, spec in ENVIRONMENTS.items()},
        "mechanisms": {name: _first_line(mechanism) for name, mechanism in MECHANISMS.items()},
        "rewards": {name: EQUATIONS[name] for name in REWARDS},
        "rules": {name: _first_line(rule) for name, rule in RULES.items()},
    }
    if as_json:
        typer.echo(json.dumps(kinds))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for kind, names in kinds.items():
        table = Table(title=kind, title_justify="left", show_header=False, box=None, padding=(0, 2))
        for name, line in names.items():
            table.add_row(name, line)
        console.print(table)


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0].rstrip(".")
