"""Whatever is typed: a clean end, or exit code 2 and one line. Every command is found by itself, options and all.

Sizes are small or impossible, so that nothing runs for long; heavy commands also get a folder that cannot be.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import typer.main
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ecosystem.economy.parameters import DEFAULTS
from ecosystem.environments import ENVIRONMENTS
from ecosystem.rewards import REWARDS
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import MECHANISMS
from ecosystem_runs.command_line import app
from ecosystem_runs.commands.usage import one_line

LENGTHS = pytest.mark.parametrize("examples", [3, pytest.param(250, marks=pytest.mark.slow)])
SIZES = {
    "seeds",
    "steps",
    "replicates",
    "users",
    "days",
    "burn_in",
    "resamples",
    "threads",
    "starts",
    "effort",
}
SIZES |= {"max_steps", "epochs", "dim", "n", "k"}
FILES = {"plan", "folder", "path", "population", "documents", "start"}
LIGHT = {"run"}
"""Commands that may write a folder; the others are given one that cannot be."""

odd = st.one_of(
    st.sampled_from(
        ["", " ", "-1", "0", "1", "2.5", "nan", "-inf", "1e400", "1/3", "1/0", "None", "true", "[]", "/"]
    ),
    st.sampled_from(
        ["9" * 30, "hmt", "smt,uir", "control", "none", "x.py:Y", "hmt(", "f(a=1)", "auto", "fair", "é=1"]
    ),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=6),
)
small = st.sampled_from(["-1", "0", "1", "2", "3", "10", "0.01", "nan", "x", ""])
environments = st.sampled_from(["figure1", "synthetic", "embeddings", "movielens", "mars", ""])
plain = st.sampled_from(sorted(set(DEFAULTS) - {"directions_tried", "requests_per_trial", "rules"}))
options = st.sampled_from(
    sorted({name for spec in ENVIRONMENTS.values() for name in spec.options} - {"shared"})
)
sizes = st.sampled_from(
    ["n_users=30", "n_users=1", "n_creators=4", "n_creators=0", "dim=2", "dim=-1", "n_users=x"]
)
SMALL_WORLD = ["n_users=40", "n_creators=4"]


def leaves(command: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not hasattr(command, "commands"):
        return {path: command}
    return {k: v for name, one in command.commands.items() for k, v in leaves(one, (*path, name)).items()}


COMMANDS = leaves(typer.main.get_command(app))


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Work in an empty folder; return paths of files and folders of all kinds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    contents = {
        "empty.toml": b"",
        "junk.npz": b"PK\x03\x04 junk",
        "junk.csv": b"user,item,rating\n1,2,9\n",
        "weights.txt": b"1/2 1/2\n0 1\n",
        "plan.toml": b'environment = "figure1"\nsteps = 0\n',
        "bytes.zip": bytes(range(256)),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    return st.sampled_from(
        [*contents, "folder", "folder/nothing.toml", "missing", "", "/", "junk.csv/x", "a" * 300]
    )


def values_of(command: str, option: Any, places: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    if option.name == "environment":
        return environments
    if option.name == "workers":
        return st.sampled_from(["0", "-1", "x"])
    if option.name == "host":
        return st.sampled_from(["203.0.113.7", "100::99"])  # no machine has these
    if option.name == "settings":
        return sizes | st.builds("{}={}".format, plain | options, odd) | odd
    if option.name == "out" and command in LIGHT:
        return st.sampled_from(["new", "folder/new", "junk.csv", "junk.csv/new", "", "a" * 300, "b" * 250])
    if option.name == "out":
        return st.sampled_from(["junk.csv/new", "a" * 300])
    if option.name in SIZES:
        return small
    return places | odd if option.name in FILES else odd


@st.composite
def command_lines(draw, words: tuple[str, ...], command: Any, places: st.SearchStrategy[str]):
    line = list(words)
    arguments = []
    for option in command.params:
        if option.name in ("help", "scheduler"):
            continue
        values = values_of(words[0], option, places)
        if option.param_type_name == "argument":
            arguments.append(draw(values))
        elif isinstance(option.default, bool):
            line += draw(st.sampled_from([[], [option.opts[0]]]))
        elif option.name in SIZES | {"out", "workers", "host"} or draw(st.integers(0, 3)) == 0:
            line.append(f"{option.opts[0]}={draw(values)}")
            if option.multiple:
                line += [f"{option.opts[0]}={draw(values)}" for _ in range(draw(st.integers(0, 2)))]
    if draw(st.integers(0, 9)) == 0:
        line.append(draw(odd))
    if any(option.name == "settings" for option in command.params) and "synthetic" in arguments:
        line += [f"--set={size}" for size in SMALL_WORLD]
    return [*line, "--", *arguments] if arguments and draw(st.booleans()) else [*line, *arguments]


def ends_well(line: list[str]) -> None:
    done = CliRunner().invoke(app, line, standalone_mode=False)
    if isinstance(done.exception, BadInput):
        assert len(str(done.exception).splitlines()) == 1, line
    elif isinstance(done.exception, typer.TyperException):
        said = one_line(done.exception)
        assert len(said.splitlines()) == 1 or (said == "" and "Usage: " in done.output), line
    elif done.exception is not None and not isinstance(done.exception, SystemExit):
        raise AssertionError(f"{line} ends in {type(done.exception).__name__}") from done.exception
    else:
        assert done.exit_code in (0, 2), (line, done.output)
        assert done.return_value in (None, 0, 2), (line, done.output)


@LENGTHS
@pytest.mark.parametrize("words", [words for words in COMMANDS if words != ("bench",)], ids=" ".join)
def test_every_command_ends_well(words, examples, places):
    @settings(max_examples=examples, derandomize=True)
    @given(command_lines(words, COMMANDS[words], places))
    def holds(line):
        ends_well(line)

    holds()


@LENGTHS
def test_any_words_end_well(examples, places):
    # The others need no argument: alone they would run for long.
    first = st.sampled_from(["run", "list", "data", "sweep", "enrich", "planner", "arena"])
    flags = st.sampled_from(["--json", "--help", "--", "-", "--nothing", "--steps", "--seeds=1"])

    @settings(max_examples=5 * examples, derandomize=True)
    @given(st.tuples(first, st.lists(flags | odd, max_size=4)))
    def holds(said):
        ends_well([said[0], *said[1]])

    holds()


ARGUMENTS = [
    (option, name, argument)
    for option, known in (("mechanism", MECHANISMS), ("reward", REWARDS))
    for name, thing in known.items()
    if isinstance(thing, type)
    for argument in inspect.signature(thing).parameters
]
literals = st.recursive(
    st.sampled_from(["0", "1", "2", "-1", "77", "0.5", "1e400", "True", "None", "'a'", "''", "9" * 30, "1j"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"({''.join(part + ',' for part in parts)})"),
    max_leaves=6,
)
swaps = st.lists(
    st.sampled_from(["none", "hmt", "@", "1", "²", "-", ",", " ", "9" * 5000, "=", "still"]), max_size=5
)


@LENGTHS
def test_every_argument_of_what_is_built_in_ends_well(examples, places):
    assert {name for _, name, _ in ARGUMENTS} >= {"halved", "enrichment", "smt", "hmt", "uniform", "backward"}

    @settings(max_examples=10 * examples, derandomize=True)
    @given(st.sampled_from(ARGUMENTS), literals)
    def holds(argument, literal):
        option, name, key = argument
        call = f"{name}({key}={literal})"
        where = ["--mechanism", call] if option == "mechanism" else ["--set", f"reward={call}"]
        ends_well(["run", "figure1", "--steps", "2", *where])

    holds()


@LENGTHS
@pytest.mark.parametrize("name", ["schedule", "rules"])
def test_swaps_and_rules_end_well(examples, places, name):
    @settings(max_examples=5 * examples, derandomize=True)
    @given(swaps.map("".join) | odd)
    def holds(said):
        ends_well(["run", "figure1", "--steps", "2", "--set", f"{name}={said}"])

    holds()
