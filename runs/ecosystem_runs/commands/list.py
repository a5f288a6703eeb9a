"""``ecosystem list``: what there is to choose from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import typer

from ecosystem_runs.commands.options import AsJson

ABOUT = ("needs", "reference")


def list_names(as_json: AsJson = False) -> None:
    """List environments, mechanisms, rewards, rules and policies, those of packages included."""
    from ecosystem.environments import ENVIRONMENTS
    from ecosystem.policies import POLICIES
    from ecosystem.ranking.retrieval import RETRIEVALS
    from ecosystem.retention import RETENTIONS
    from ecosystem.rewards import REWARDS
    from ecosystem.turnover import TURNOVERS
    from ecosystem_agents.creator import RULES
    from ecosystem_agents.mechanisms import MECHANISMS
    from ecosystem_agents.mechanisms.mappings import FAMILIES

    kinds = {
        "environments": _things("environment", ENVIRONMENTS),
        "mechanisms": _things("mechanism", MECHANISMS),
        "mappings": _things("mapping", FAMILIES),
        "rewards": _things("reward", REWARDS),
        "rules": _things("rules", RULES),
        "turnover": _things("turnover", TURNOVERS),
        "retention": _things("retention", RETENTIONS),
        "policies": _things("policy", POLICIES),
        "retrievals": _things("retrieval", RETRIEVALS),
    }
    lines = {kind: {name: _line(thing) for name, thing in things.items()} for kind, things in kinds.items()}
    details = {
        kind: {
            name: {key: str(getattr(thing, key, "")) for key in ABOUT} for name, thing in kinds[kind].items()
        }
        for kind in ("mechanisms", "rewards", "turnover", "retention", "policies")
    }
    if as_json:
        typer.echo(json.dumps(lines | {"details": details}))
        return
    from rich.table import Table
    from rich.text import Text

    from ecosystem_runs.commands.tables import console_as_is

    console = console_as_is()
    for kind, names in lines.items():
        table = Table(title=kind, title_justify="left", show_header=False, box=None, padding=(0, 2))
        for name, line in names.items():
            table.add_row(name, line)
            about = details.get(kind, {}).get(name, {})
            if any(about.values()):
                needs = f"needs {about['needs']}; " if about["needs"] else ""
                table.add_row("", Text(f"{needs}{about['reference']}", style="dim"))
        console.print(table)


def _things(kind: str, builtin: Mapping[str, Any]) -> dict[str, Any]:
    """Return what there is of a kind by name; in the place of what cannot be used, the error that says why."""
    from ecosystem_agents.inputs.checks import BadInput
    from ecosystem_agents.inputs.lookup import find, names_of

    things: dict[str, Any] = {}
    for name in names_of(kind, builtin):
        try:
            things[name] = find(kind, name, builtin)
        except BadInput as error:
            things[name] = error
    return things


def _line(thing: Any) -> str:
    if isinstance(thing, Exception):
        return f"cannot be used: {thing}"
    summary = getattr(thing, "summary", None)
    return str(summary or (thing.__doc__ or "").strip().partition("\n")[0].rstrip("."))
