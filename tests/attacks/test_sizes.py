"""Worlds, runs and plans of absurd sizes: refused with the bytes they take, before any of it is made."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from ecosystem import CreatorEconomy
from ecosystem.batching import seed_list
from ecosystem.sizes import check_world
from ecosystem_agents.inputs import room
from ecosystem_agents.inputs.checks import BadInput, number_of
from ecosystem_runs.abtest.experiment import Experiment, prepare_world
from ecosystem_runs.jobs.engines import InThreads
from ecosystem_runs.jobs.local_workers import LocalWorkers
from ecosystem_runs.parameters import value_of
from ecosystem_runs.sweeps.plan import parse_plan
from ecosystem_server.arena.setting import ArenaSetting
from ecosystem_server.fields import FIELDS
from ecosystem_server.limits import OWN_MACHINE, PUBLIC
from ecosystem_server.live.play import LivePlay
from ecosystem_server.live.setting import MOST_CHANGES, Setting

WORLDS = [
    {"environment": "synthetic", "n_users": 10**9},
    {"environment": "synthetic", "n_users": 10**30},
    {"environment": "synthetic", "n_creators": 10**9},
    {"environment": "synthetic", "dim": 10**6},
    {"environment": "synthetic", "n_users": 10_000, "n_creators": 40_000, "K": 40_000},
    {"environment": "figure1", "horizon": 10**12},
    {"environment": "figure1", "horizon": 10**9, "trajectory": True},
    {"environment": "figure1", "rules": "explore", "directions_tried": 10**12},
    {"environment": "synthetic", "n_users": 40, "matching": "sampled", "requests_per_trial": 10**9},
]
"""Each would end in a MemoryError, or in the kernel's hand, with 3 GB to have."""

UNDER = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (3_000_000_000, 3_000_000_000))
from ecosystem import CreatorEconomy
from ecosystem_agents.inputs.checks import BadInput
said = []
for parameters in json.loads(sys.argv[1]):
    try:
        CreatorEconomy(rng=0, **parameters).run(1)
        said.append("made")
    except Exception as error:
        said.append(f"{type(error).__name__}: {error}")
# The most it had in memory itself: ru_maxrss would count what started it.
print(json.dumps([said, int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])]))
"""


def test_worlds_that_would_not_fit_are_refused_before_anything_is_made():
    given = [sys.executable, "-c", UNDER, json.dumps([*WORLDS, {"environment": "figure1"}])]
    done = subprocess.run(given, capture_output=True, text=True, check=True)
    said, kilobytes = json.loads(done.stdout)
    for parameters, line in zip(WORLDS, said, strict=False):
        assert line.startswith("BadInput: "), (parameters, line)
        assert "bytes of memory and there are" in line or "at most" in line, line
    assert said[-1] == "made"
    assert kilobytes < 600_000


@pytest.mark.parametrize(
    ("sizes", "named"),
    [
        ((10**9, 200, 5, 20), r"have fewer users \(n_users\)"),
        ((2000, 10**9, 5, 20), r"have fewer creators \(n_creators\)"),
        ((2000, 200, 10**9, 20), r"have fewer dimensions \(dim\)"),
    ],
)
def test_the_line_names_bytes_and_what_to_lower(sizes, named):
    with pytest.raises(BadInput, match=rf"takes [\d,]+ bytes of memory; at most 1,000,000 .*{named}"):
        check_world(*sizes, most=1_000_000)


def test_users_that_are_agents_are_counted(monkeypatch):
    monkeypatch.setattr(room, "room", lambda: 120_000_000)  # enough for the arrays
    with pytest.raises(
        BadInput, match=r"200,000 users as agents takes 129,000,000 bytes .*user_agents=False"
    ):
        CreatorEconomy(n_users=200_000, n_creators=2, dim=1, K=1, n_groups=1, user_agents=True)


def test_what_is_there_follows_the_limit_of_the_process():
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (700_000_000, 700_000_000)); "
    said = limit + "from ecosystem_agents.inputs.room import room; print(room())"
    told = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert 0 < int(told.stdout) < 700_000_000 < room.room()


def test_what_is_there_follows_the_limits_of_control_groups(tmp_path):
    (tmp_path / "memory.stat").write_text("anon 4000\nfile 70000\n")
    (tmp_path / "memory.max").write_text("10000\n")
    assert list(room._left_in(tmp_path, "memory.max", "anon")) == [6000]  # files in its cache are given back
    (tmp_path / "memory.max").write_text("max\n")
    assert list(room._left_in(tmp_path, "memory.max", "anon")) == []


@pytest.mark.parametrize(
    "plan",
    [
        {"seeds": 10**12},
        {"parameters": {"eta": {"low": 0.1, "high": 1.0, "levels": 10**9}}},
        {
            "parameters": {
                name: {"low": 0.1, "high": 1.0, "levels": 5000} for name in ("eta", "beta", "alpha")
            }
        },
        {"seeds": 1000, "parameters": {"eta": {"low": 0.1, "high": 1.0, "levels": 2000}}},
    ],
)
def test_plans_of_too_many_runs_are_refused_before_they_are_listed(plan):
    with pytest.raises(BadInput, match=r"at most 1,?000,?000"):
        parse_plan({"environment": "figure1", "steps": 10} | plan)


def test_seeds_and_workers_are_bounded():
    for act in (
        lambda: seed_list(10**12),
        lambda: LocalWorkers(10**9),
        lambda: InThreads(10**9, lambda: None),
    ):
        with pytest.raises(BadInput, match="at most"):
            act()


@pytest.mark.parametrize(
    "sizes", [{"users": 10**9}, {"days": 10**12}, {"replicates": 10**12}, {"resamples": 10**12}]
)
def test_experiments_of_absurd_sizes_are_refused(sizes):
    with pytest.raises(BadInput, match=r"bytes of memory|at most 100,?000"):
        prepare_world(Experiment(**{"users": 100, "days": 1, "burn_in": 1} | sizes), 0)


# --- numbers of the page ----------------------------------------------------------------------------------

NO_NUMBERS = ["nan", "-inf", "1e999", "١٢", "²", "1_000", "", True, None, [1], float("nan"), float("inf")]
NO_NUMBERS += [10**400, "9" * 5000, "0x10", {"a": 1}, "1e99999999999"]


@pytest.mark.parametrize("name", ["beta", "K", "eta", "n_users", "alpha", "w_max", "epoch_length"])
@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: str(value)[:12])
def test_what_is_no_number_is_none_on_the_page(name, value):
    with pytest.raises(BadInput) as refused:
        FIELDS[name].read(value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("text", ["5", " 5 ", "0.5", "1e-3", "-0.0", ".5", "+5", "5."])
def test_page_and_command_line_read_a_number_alike(text):
    assert value_of(text) == number_of(text) == float(text)
    assert FIELDS["alpha"].read(text) == float(text)


@pytest.mark.parametrize("text", ["١٢", "1_000", "nan", "0x10"])
def test_page_and_command_line_refuse_alike(text):
    assert value_of(text) == number_of(text) == text


def test_there_is_one_zero():
    assert str(FIELDS["alpha"].read(-0.0)) == "0.0"


def played(setting: Setting) -> LivePlay:
    play = LivePlay(setting, PUBLIC, lambda *sent: None, lambda status: None)
    play._begin()
    return play


def said_to(play: LivePlay, *requests) -> str:
    for request in requests:
        request(play)
    play._serve_requests(0)
    return play.status.message


@pytest.mark.parametrize("speed", [float("nan"), float("inf"), "fast", None, True, [], "1e999"])
def test_a_speed_that_is_none_is_refused_and_nothing_fails(speed):
    play = played(Setting())
    before = play.status.speed
    assert said_to(play, lambda one: one.set_speed(speed)).startswith("speed is ")
    assert play.status.speed == before
    assert not play.status.failed


def test_a_run_takes_so_many_changes_and_no_more():
    play = played(Setting())
    message = said_to(play, *[lambda one: one.change("a", "mechanism", "hmt")] * (MOST_CHANGES + 5))
    assert f"this run has {MOST_CHANGES} changes" in message
    assert len(play._changes) == MOST_CHANGES
    assert Setting.from_query(play.now().to_query(), PUBLIC).changes == tuple(play._changes)


def test_policies_that_are_no_names_are_refused():
    for value in (5, None, {"a": 1}, [[1]], True):
        with pytest.raises(BadInput, match="policy is"):
            ArenaSetting().with_value("policies", value)


def test_a_world_of_a_public_server_is_bounded_before_it_is_made():
    largest = {"n_users": PUBLIC.n_users, "n_creators": PUBLIC.n_creators, "K": PUBLIC.n_creators}
    check_world(largest["n_users"], largest["n_creators"], 5, largest["K"], PUBLIC.world)
    tight = replace(PUBLIC, world=1_000_000)
    with pytest.raises(BadInput, match="at most 1,000,000 are allowed here"):
        Setting(environment="synthetic", arms=({},), shared={"n_users": 4000}).model(0, tight)


def test_a_large_world_of_ones_own_is_still_made_known():
    with pytest.raises(BadInput, match="bytes of memory"):
        Setting(
            environment="synthetic",
            arms=({"K": 5000},),
            shared={"n_users": OWN_MACHINE.n_users, "n_creators": OWN_MACHINE.n_creators},
        ).model(0, OWN_MACHINE)
