"""The ``ecosystem`` command: assembles the commands and turns bad input into one line and exit code 2."""

from __future__ import annotations

import sys

import typer

app = typer.Typer(
    name="ecosystem",
    help="An agent-based laboratory for platforms whose content creators compete.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; bad input prints one line and exits with code 2."""
    from agents.checks import BadInput

    try:
        app()
    except BadInput as error:
        print(f"ecosystem: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
