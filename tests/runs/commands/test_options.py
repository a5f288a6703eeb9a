"""Commands whose options are the fields of dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from ecosystem_runs.commands.interrupts import at_ctrl_c
from ecosystem_runs.commands.options import fields_are_options


@dataclass(frozen=True)
class Size:
    n_users: Annotated[int, typer.Option(help="Users there are.")]
    wide: Annotated[bool, typer.Option("--wide")] = False


@dataclass(frozen=True)
class Names:
    names: Annotated[list[str] | None, typer.Option("--name", help="Repeatable.")] = None


app = typer.Typer()


@app.command()
@at_ctrl_c("nothing is kept")
@fields_are_options
def show(*, where: str, last: int = 3, size: Size, names: Names) -> None:
    """Show what was given."""
    print(where, last, size, names.names)


def test_each_field_is_an_option_and_the_command_has_the_dataclass():
    shown = CliRunner().invoke(app, ["here", "--n-users", "5", "--name", "a", "--name", "b"])
    assert shown.stdout == "here 3 Size(n_users=5, wide=False) ['a', 'b']\n"
    shown = CliRunner().invoke(app, ["here", "--n-users", "5", "--wide", "--last", "1"])
    assert shown.stdout == "here 1 Size(n_users=5, wide=True) None\n"


def test_help_lists_them_in_the_order_of_the_signature():
    text = CliRunner().invoke(app, ["--help"]).stdout
    places = [text.index(option) for option in ("--last", "--n-users", "--wide", "--name")]
    assert places == sorted(places)
    assert "Users there are." in text


@pytest.mark.parametrize(
    "words", [["here"], ["here", "--n-users", "x"], ["here", "--n-users", "1", "--size", "1"]]
)
def test_what_is_missing_or_none_is_refused(words):
    assert CliRunner().invoke(app, words).exit_code == 2
