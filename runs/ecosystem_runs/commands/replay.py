"""``ecosystem replay``: runs that are kept, as one HTML file that plays without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ecosystem_runs.commands.options import AsJson

STORY = "ecosystem_server.replay.story"
"""What makes the page, by name: `runs` imports nothing of `server`."""


def replay(
    folders: Annotated[list[Path], typer.Argument(help="Of `ecosystem run`: one, or two for arms A and B.")],
    out: Annotated[Path, typer.Option(metavar="FILE.html", help="Where the page is written.")],
    caption: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="What stands beside it, in Markdown.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play one or two runs again and write them as one HTML page, with the dashboard's board, that needs no server.

    They are checked: inputs must be what they were, and each must end at the same bits.
    """
    from html import escape
    from importlib import import_module

    import numpy as np

    from ecosystem import CreatorEconomy
    from ecosystem.testing import check_plugins
    from ecosystem_agents.inputs.checks import BadInput, reason
    from ecosystem_agents.inputs.lookup import short
    from ecosystem_runs.digests.hashes import strategies_hash
    from ecosystem_runs.folders import write_text
    from ecosystem_runs.progress import progress

    story = import_module(STORY)
    if len(folders) > 2:
        raise BadInput(f"{len(folders)} folders are given; a replay has one arm or two")
    if out.suffix.lower() != ".html" or not out.parent.is_dir():
        raise BadInput(f"--out is {str(out)!r}; it must end in .html, in a folder that is there")
    if out.exists() and story.GENERATOR not in out.read_text(errors="ignore")[:2000]:
        raise BadInput(f"--out is {str(out)!r}, which is no replay; give another name, or move it away")
    text = "" if caption is None else _text_of(caption)
    runs = [_run_in(folder) for folder in folders]
    first, other = runs[0]["parameters"], runs[-1]["parameters"]
    for run in runs:
        check_plugins(run["parameters"])
    models = [CreatorEconomy(**run["parameters"]) for run in runs]
    named = {"environment": "environment", "rng": "seed"}
    differ = [
        f"{word} ({first[name]}, {other[name]})" for name, word in named.items() if first[name] != other[name]
    ]
    if differ or not np.array_equal(models[0].users, models[-1].users):
        both = " and ".join(repr(str(path)) for path in folders)
        raise BadInput(f"{both} are no arms of one world: {' and '.join(differ) or 'their users'} differ")
    steps, title = [run["steps"] for run in runs], f"{short(first['environment'])}, seed {first['rng']}"
    with progress(f"replay of {title}", max(steps), as_json or not any(steps)) as report:
        page = story.replay_of(models, steps, title, text, lambda step: report(step, ""))
    for path, run, model in zip(folders, runs, models, strict=True):
        if (found := strategies_hash(model)) != run["strategies_hash"]:
            raise BadInput(
                f"{str(path)!r} was made by other code or on another machine: its strategies hash is "
                f"{run['strategies_hash']}, played again it is {found}; run it anew here, and replay that"
            )
    try:
        write_text(out.absolute(), page)
    except OSError as error:
        raise BadInput(f"--out is {str(out)!r}, which cannot be written ({reason(error)})") from None
    names, size = f'src="{escape(out.name)}" title="{escape(title)}"', out.stat().st_size
    frame = f'<iframe {names} width="1280" height="720" style="border: 0"></iframe>'
    if as_json:
        typer.echo(json.dumps({"out": str(out.absolute()), "bytes": size, "steps": steps, "iframe": frame}))
    else:
        typer.echo(f"{out.absolute()} ({size / 1e6:.2f} MB); to show it in a page of yours:\n{frame}")


def _text_of(caption: Path) -> str:
    """Return what a caption's file says."""
    from ecosystem_agents.inputs.checks import MOST_BYTES, BadInput, reason, regular_file

    try:
        return regular_file(caption, MOST_BYTES).read_text("utf-8", errors="replace")
    except OSError as error:
        raise BadInput(f"--caption is {str(caption)!r}, which cannot be read ({reason(error)})") from None


def _run_in(folder: Path) -> dict[str, Any]:
    """Return what the config of a run's folder says, if the inputs of the run are as they were."""
    from ecosystem_agents.inputs.checks import BadInput
    from ecosystem_runs.digests.inputs import inputs_of
    from ecosystem_runs.jobs.kept import read_config
    from ecosystem_runs.jobs.made_by import names_differing

    config = read_config(folder)
    if "strategies_hash" not in config:
        raise BadInput(f"{str(folder)!r} holds no single run; give a folder of `ecosystem run`")
    if changed := names_differing(config["inputs"], inputs_of(config["parameters"])):
        raise BadInput(f"{str(folder)!r} was made of other inputs than there are now: {', '.join(changed)}")
    config["parameters"]["trajectory"] = False  # paths take memory, and no number depends on them
    return config
