"""Runs that are killed, stopped or interrupted go on from their last whole checkpoint to the same files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.economy.checkpoints import read_state, write_state
from ecosystem_runs.folders import sealed, unsealed

SIZE = ["--set", "n_users=60", "--set", "n_creators=10", "--set", "K=3", "--set", "n_groups=4"]
SYNTHETIC = ["synthetic", *SIZE, "--steps", "19"]
RUNS = {
    "hmt": [*SYNTHETIC, "--mechanism", "hmt"],
    "sampled": [*SYNTHETIC, "--set", "matching=sampled", "--set", "requests_per_trial=9"],
    "enriched": [*SYNTHETIC, "--set", "schedule=none@0,enrichment@6"],
    "one-by-one": [*SYNTHETIC, "--mechanism", "smt", "--set", "one_by_one=true"],
    "catalogue": ["embeddings", "--set", "file=mine.npz", *SIZE[2:], "--set", "eta=0.3", "--steps", "19"],
    "plug-ins": [*SYNTHETIC, "--mechanism", "own.py:Telling", "--set", "rules=own.py:Steady"],
}
EVERY = ["--checkpoint-every", "7"]

PLUG_INS = """
from ecosystem.plugins import Creator, default_terms

class Counting:
    def __init__(self):
        self.deployed = 0

    def deploy(self, weights, beta, K, n_creators):
        self.deployed += 1
        return default_terms(weights, beta, K, n_creators)

class Telling(Counting):
    def state(self):
        return {"deployed": self.deployed}

    def restore(self, state):
        self.deployed = int(state["deployed"])

class Tired(Creator):
    left = 5

    def step(self):
        if self.left:
            super().step()
        self.left = max(self.left - 1, 0)

class Steady(Creator):
    def __init__(self, model, index):
        super().__init__(model, index)
        self.share, self.made = 0.5, {"by": [model, max, Counting]}

    def step(self):
        self.model.move(self.index, self.strategy + self.share * self.model.direction_of(self.index))
"""


KILLED = """
import json, os, signal, sys
from contextlib import suppress
from ecosystem import CreatorEconomy
from ecosystem.economy.checkpoints import read_state, write_state
from ecosystem_runs.command_line import main
from ecosystem_runs.commands import run

def dies(function, when):
    def instead(*given):
        if when(*given):
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given)
    return instead

runs = json.loads(sys.argv[1])
run._draw = lambda *given: None
sys.argv = ["ecosystem", "run", *json.loads(sys.argv[2]), "--steps", "3"]
with suppress(SystemExit):
    main()  # so that no child has to import and to load kernels again
for words, step, writing in runs:
    if (child := os.fork()) == 0:
        if writing:  # it is in a scratch file already
            os.fsync = dies(os.fsync, lambda file: f"{step:09d}.npz" in os.readlink(f"/proc/self/fd/{file}"))
        else:
            now = lambda model: model.steps == step + 1 and model.environment != "few"  # not as its cost is tried
            CreatorEconomy.step = dies(CreatorEconomy.step, now)
        sys.argv = ["ecosystem", "run", *words]
        main()
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
"""


def kill(folder, *runs):
    """Start commands in processes that kill themselves: in the step after some, or as they write its checkpoint."""
    loading = [*RUNS["sampled"], *EVERY, "--set", "schedule=none@0,enrichment@1", "--out", "loading"]
    started = [sys.executable, "-c", KILLED, json.dumps(runs), json.dumps(loading)]
    done = subprocess.run(started, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(folder / "loading")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def names(folder):
    return sorted(path.name for path in (folder / "checkpoints").glob("0*.npz"))


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Give a folder of runs that were killed between two checkpoints, and of one killed as it wrote its second."""
    folder = tmp_path_factory.mktemp("killed")
    rng = np.random.default_rng(3)
    np.savez(folder / "mine.npz", users=rng.normal(size=(70, 3)), items=rng.normal(size=(40, 3)))
    (folder / "own.py").write_text(PLUG_INS)
    runs = [([*words, *EVERY, "--out", name], 16, False) for name, words in RUNS.items()]
    kill(folder, *runs, ([*RUNS["hmt"], *EVERY, "--out", "writing"], 14, True))
    return folder


@pytest.fixture
def here(killed, tmp_path, monkeypatch, request):
    """Work in a copy of that folder; pictures, which take most of the time, are drawn in one test alone."""
    if not request.node.name.endswith("[hmt]"):
        monkeypatch.setattr("ecosystem_runs.commands.run._draw", lambda *given: None)
    shutil.copytree(killed, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def stopped(here):
    """Give the folder of a run that was killed after its second checkpoint."""
    assert names(here / "hmt") == ["000000007.npz", "000000014.npz"]
    return here / "hmt"


@pytest.mark.parametrize("name", [*RUNS, "writing"])
def test_killed_runs_go_on_to_the_same_files(name, here, killed, command):
    assert len(names(here / name)) == (1 if name == "writing" else 2)
    words = [word.replace("own.py", str(killed / "own.py")) for word in RUNS.get(name, RUNS["hmt"])]
    figures = []
    for given in ([*words, "--out", "whole"], ["--resume", name]):
        printed = command("run", *given, "--json")
        assert printed.code == 0, printed.err
        figures.append(json.loads(printed.out))
        del figures[-1]["out"], figures[-1]["seconds_per_step"]
    assert figures[0] == figures[1]
    assert contents(here / name) == contents(here / "whole")
    assert ("figure.png" in contents(here / name)) == (name == "hmt")
    said = command("run", "--resume", name)
    assert said.code == 2
    assert "holds no checkpoints; " in said.err
    assert "one that is finished has none" in said.err


def test_a_damaged_checkpoint_is_put_aside_and_the_one_before_taken(stopped, here, command):
    whole = command("run", *RUNS["hmt"], "--out", "whole")
    last = stopped / "checkpoints" / "000000014.npz"
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 1
    last.write_bytes(content)
    went_on = command("run", "--resume", stopped)
    assert (whole.code, went_on.code) == (0, 0)
    assert "000000014.damaged" in went_on.err
    assert contents(stopped) == contents(here / "whole")


@pytest.mark.parametrize("change", ["cut", "of another run"])
def test_no_checkpoint_is_believed_that_is_not_what_was_written(stopped, here, command, change):
    for path in (stopped / "checkpoints").glob("0*.npz"):
        if change == "cut":
            path.write_bytes(path.read_bytes()[:-9])
        else:
            write_state(path, read_state(path) | {"run": np.array("0" * 16)})
    went_on = command("run", "--resume", stopped, "--json")
    assert went_on.err.count("put aside") == 2
    assert json.loads(went_on.out)["steps"] == 19  # from the start, to the same bits
    whole = command("run", *RUNS["hmt"], "--out", "whole")
    assert whole.code == 0
    assert contents(stopped) == contents(here / "whole")


def test_other_code_and_other_inputs_are_refused(here, command, monkeypatch):
    config = here / "catalogue" / "checkpoints" / "config.json"
    begun = unsealed(config.read_bytes())
    config.write_text(sealed(begun | {"code_digest": "0" * 16}))
    refused = command("run", "--resume", "catalogue")
    assert refused.code == 2
    assert "--resume is" in refused.err
    assert "other code began" in refused.err
    Path("mine.npz").rename("other.npz")
    there = config.read_bytes()
    refused = command("run", "--resume", "catalogue", "--mix-versions")
    assert refused.code == 2
    assert "it differs in inputs (mine.npz)" in refused.err
    assert config.read_bytes() == there
    Path("other.npz").rename("mine.npz")
    assert command("run", "--resume", "catalogue", "--mix-versions").code == 0
    written = json.loads((here / "catalogue" / "config.json").read_text())
    assert written["code_digest"] == "0" * 16
    assert [one["code_digest"] for one in written["mixed_with"]] == [begun["code_digest"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_the_step_and_keeps_a_checkpoint(here, command, monkeypatch, number):
    moved = CreatorEconomy._move_creators

    def interrupted(model):
        if model.steps == 10:
            os.kill(os.getpid(), number)
        moved(model)

    monkeypatch.setattr(CreatorEconomy, "_move_creators", interrupted)
    ended = command("run", *RUNS["hmt"], *EVERY, "--out", "stopped")
    assert ended.code == 128 + number
    folder = here / "stopped"
    assert f"what was done is kept; go on by `ecosystem run --resume {folder}`" in ended.err
    assert names(folder) == ["000000007.npz", "000000010.npz"]
    assert json.loads((folder / "config.json").read_text())["steps"] == 10
    monkeypatch.setattr(CreatorEconomy, "_move_creators", moved)
    refused = command("run", *RUNS["hmt"], "--out", folder)
    assert "holds a run that was stopped; go on with it by --resume" in refused.err
    assert command("run", "--resume", folder).code == 0
    command("run", *RUNS["hmt"], "--out", "whole")
    assert contents(folder) == contents(here / "whole")


@pytest.mark.parametrize("words", [["--mechanism", "own.py:Counting"], ["--set", "rules=own.py:Tired"]])
def test_plug_ins_that_change_and_cannot_say_how_are_refused(here, command, words):
    ended = command("run", *SYNTHETIC, *words, *EVERY, "--out", "mine")
    assert ended.code == 2
    assert "changed since it was made" in ended.err
    assert "give it state() and restore(state)" in ended.err
    assert not (here / "mine").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["figure1", "--checkpoint-every", "5"], "keeps one run, and figure1 is two"),
        (
            ["synthetic", "--checkpoint-every", "0"],
            "--checkpoint-every is 0; it must be a whole number at least 1",
        ),
        (["--mechanism", "hmt"], "no environment is named"),
        (["--resume", "nowhere"], "holds no checkpoints"),
        (["synthetic", "--resume", "x", "--seed", "0"], "leave out environment, --seed"),
    ],
)
def test_what_cannot_be_kept_or_resumed_is_a_line(here, command, words, said):
    ended = command("run", *words)
    assert ended.code == 2
    assert said in ended.err
    assert sorted(path.name for path in here.iterdir()) == sorted([*RUNS, "mine.npz", "own.py", "writing"])


def test_a_run_that_is_at_work_is_left_alone(stopped, command):
    from ecosystem_runs.jobs.kept import held

    with held(stopped / "checkpoints"):
        assert "in use by another command" in command("run", "--resume", stopped).err
