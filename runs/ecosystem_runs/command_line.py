"""The ``ecosystem`` command: assembles the commands and runs the one that was named."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import Annotated

import typer

from ecosystem_runs.commands import (
    abtest,
    arena,
    bench,
    claims,
    data,
    enrich,
    figure,
    list,
    optimise,
    phase,
    planner,
    replay,
    run,
    sensitivity,
    serve,
    sweep,
    theorems,
    weights,
)
from ecosystem_runs.commands.interrupts import NothingKept, heeded

app = typer.Typer(
    name="ecosystem",
    cls=NothingKept,
    help="An agent-based laboratory for platforms whose content creators compete.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"creator-ecosystem {version('creator-ecosystem')}")
        raise typer.Exit


@app.callback()
def _before(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Take what is said before a command's name."""


app.command("run")(run.run)
app.add_typer(figure.app, name="figure")
app.add_typer(data.app, name="data")
app.command("list")(list.list_names)
app.add_typer(enrich.app, name="enrich")
app.command("bench")(bench.bench)
app.command("claims")(claims.claims)
app.command("planner")(planner.planner)
app.add_typer(sweep.app, name="sweep")
app.command("serve")(serve.serve)
app.command("replay")(replay.replay)
app.command("abtest")(abtest.abtest)
app.command("arena")(arena.arena)
app.command("optimise")(optimise.optimise)
app.command("phase")(phase.phase)
app.command("sensitivity")(sensitivity.sensitivity)
app.command("theorems")(theorems.theorems)
app.command("weights")(weights.weights)


def main() -> None:
    """Run the command line; what ends it is one line and an exit code."""
    from ecosystem_runs.commands.endings import code_of

    # A container's file, unlike a shell, leaves a home folder's sign as it is, and libraries make a folder of it.
    for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        if os.environ.get(name, "").startswith("~"):
            os.environ[name] = os.path.expanduser(os.environ[name])
    # Its folders are as optional as its advice is long.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    warnings.formatwarning = lambda message, *_, **__: f"ecosystem: {' '.join(str(message).split())}\n"
    with heeded():
        code = code_of(_run)
    raise SystemExit(code)


def _run() -> None:
    # Not by calling the app, which makes codes of its own of errors: an EOFError and a closed pipe, among others.
    with typer.main.get_command(app).make_context("ecosystem", sys.argv[1:]) as context:
        context.command.invoke(context)


if __name__ == "__main__":
    main()
