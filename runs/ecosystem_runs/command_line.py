"""The ``ecosystem`` command: assembles the commands and turns bad input into one line and exit code 2."""

from __future__ import annotations

import logging
import sys
import warnings

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
    planner,
    run,
    serve,
    sweep,
)
from ecosystem_runs.commands.interrupts import NothingKept
from ecosystem_runs.commands.usage import one_line

app = typer.Typer(
    name="ecosystem",
    cls=NothingKept,
    help="An agent-based laboratory for platforms whose content creators compete.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
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
app.command("abtest")(abtest.abtest)
app.command("arena")(arena.arena)


def main() -> None:
    """Run the command line; bad input prints one line and exits with code 2."""
    from ecosystem_agents.inputs.checks import BadInput

    warnings.formatwarning = lambda message, *_, **__: f"ecosystem: {' '.join(str(message).split())}\n"
    logging.getLogger("matplotlib").setLevel(
        logging.ERROR
    )  # its folders are as optional as its advice is long
    try:
        code = app(standalone_mode=False, prog_name="ecosystem")
    except BadInput as error:
        print(f"ecosystem: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except typer.TyperException as error:
        if line := one_line(error):
            print(f"ecosystem: {line}", file=sys.stderr)
        raise SystemExit(2) from None
    raise SystemExit(code or 0)


if __name__ == "__main__":
    main()
