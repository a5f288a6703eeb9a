"""The phase diagram: its table on made-up numbers with known answers, and its runs on small grids."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ecosystem import CreatorEconomy
from ecosystem.policies import policies_of, policy_of
from ecosystem.yardsticks.final import Recorded
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.paired.planned import Planned
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_runs.phase.figures import looks_of
from ecosystem_runs.phase.grid import phase_of, run, run_job
from ecosystem_runs.phase.report import columns_of, tally_of, write
from ecosystem_runs.phase.table import Cell, PhaseRun, row_of, written

STEPS = 20  # the last 2 steps are final
SMALL = {"n_users": 30}
BOTH = "no_worse,better"


def diagram(axes=("0.5,1", "2", "1"), policies="contribution", accept=BOTH, settings=SMALL, first_seed=7):
    worlds = Worlds("niches", 2, STEPS, settings, first_seed)
    return phase_of(worlds, axes, policies_of(policies), accept)


def runs(*welfare):
    return [PhaseRun(one, 2 * one, one / 2, 3) for one in welfare]


def test_the_table_by_hand():
    made = {
        "none": (runs(0.4, 0.6), runs(0.5, 0.5)),
        "smt": (runs(0.4, 0.4), runs(0.5, 0.5)),
        "contribution": (runs(0.52, 0.73), runs(0.499, 0.502)),
    }
    planned = (
        [Planned(0.7, [], attainable=0.6), Planned(0.8, [], attainable=0.7)],
        [Planned(0.502, [], attainable=0.5), Planned(0.502, [], attainable=0.5)],
    )
    first, second = (
        row_of("better", Cell(ratio, 2.0, 1.0), {name: own[k] for name, own in made.items()}, planned[k])
        for k, ratio in enumerate((0.5, 1.0))
    )
    # In % of none's mean 0.5: the planner gains (0.3 + 0.2) / 2, small steps (0.2 + 0.1) / 2.
    assert (first.n_creators, first.seeds, first.none) == (5, 2, 0.5)
    assert first.headroom.mean == pytest.approx(50)
    assert first.attainable.mean == pytest.approx(30)
    assert first.best == "contribution"
    own = first.policies["contribution"]
    assert own.gain.mean == pytest.approx(25)  # (0.12 + 0.13) / 2
    half = 12.7062  # paired, though worlds differ by 40 %: t, and the standard error of 24 and 26
    assert (own.gain.low, own.gain.high) == pytest.approx((25 - half, 25 + half), rel=1e-5)
    assert own.gain.above == 2
    assert own.share == pytest.approx(0.5)
    assert own.share_attainable == pytest.approx(25 / 30)
    assert (own.welfare, own.worst_group, own.turnovers) == pytest.approx((1.25, 0.3125, 3))
    assert first.policies["smt"].share == pytest.approx(-20 / 50)
    # 0.4 % is to be gained there: shares of it mean nothing, but the best is named.
    assert second.headroom.mean == pytest.approx(0.4)
    assert second.policies["contribution"].share is second.policies["contribution"].share_attainable is None
    assert second.best == "contribution"
    assert columns_of([second])["contribution"](second).endswith("]; -, -")
    assert (written(-0.04), written(-0.001, "z.2f"), written(None)) == ("+0.0", "0.00", "-")
    assert tally_of([first, second]).rows == [
        ("smt", "0/2", "0/2", "0/2", "-0.40", "-0.67"),
        ("contribution", "2/2", "1/2", "0/2", "0.50", "0.83"),
    ]
    looks = looks_of([first, second])
    assert [look(first) for look in looks.values()] == [
        (1.0, "50.0"),
        (pytest.approx(0.5**0.5), "contribution\n+25.0 %"),
        (pytest.approx(0.5), "0.50"),
    ]
    assert [look(second)[1] for look in looks.values()] == ["0.4", "(contribution)\n+0.1 %", "-"]
    best = list(looks.values())[1]
    assert best(replace(second, best="none")) == (0, "(none)\n+0.0 %")


@pytest.mark.parametrize("policy", ["hmt", "contribution_turnover"])
def test_a_run_that_is_not_looked_at_on_the_way_ends_the_same(policy):
    parameters = {"environment": "niches", "horizon": 200, "scale": 1.0} | policy_of(policy).parameters()
    found = run_job(Job(parameters, 3))
    model = CreatorEconomy(**parameters, rng=3)
    played = Recorded(model)
    played.play()
    final = played.final()
    assert (found.welfare_default, found.welfare, found.worst_group) == (
        final.welfare_default,
        final.welfare,
        final.worst_group,
    )
    assert found.turnovers == sum(model.datacollector.model_vars["left"])
    assert (found.turnovers > 0) == (policy == "contribution_turnover")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phase")
    phase = diagram()
    rows = run(phase, folder, InProcess(), quiet=True)
    return phase, rows, write(phase, rows, folder)


def test_every_cell_has_its_own_worlds(whole):
    _, rows, _ = whole
    cells = [("no_worse", 0.5), ("no_worse", 1.0), ("better", 0.5), ("better", 1.0)]
    assert [(row.accept, row.ratio) for row in rows] == cells
    for row in rows:
        own = {"n_creators": int(10 * row.ratio), "scale": 2.0, "zipf": 1.0, "accept": row.accept} | SMALL
        finals = []
        for seed in (7, 8):
            played = Recorded(
                CreatorEconomy(environment="niches", horizon=STEPS, rng=seed, reward="contribution", **own)
            )
            played.play()
            finals.append(played.final().welfare_default)
        assert row.policies["contribution"].welfare_default == sum(finals) / 2


def test_stopped_and_resumed_gives_the_same_bytes(whole, tmp_path, stopping):
    phase, _, files = whole
    with pytest.raises(KeyboardInterrupt):
        run(phase, tmp_path, stopping(6), quiet=True)
    write(phase, run(phase, tmp_path, InProcess(), quiet=True), tmp_path)
    names = {"phase.md", "phase.html", "phase.json", "phase-no_worse.png", "phase-better.png"}
    assert {path.name for path in files} == names
    for path in files:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_report_says_what_it_is_made_of(whole):
    _, _, files = whole
    folder = files[0].parent
    text = (folder / "phase.md").read_text()
    for words in ("2 cells, seeds 7 to 8", f"T = {STEPS}", "n_users = 30", "Ties refused"):
        assert words in text, words
    assert text.count("| 0.5 | 5 | 2 | 1 |") == 2
    records = json.loads((folder / "phase.json").read_text())
    assert [record["accept"] for record in records] == ["no_worse"] * 2 + ["better"] * 2
    assert (folder / "phase-better.png").stat().st_size > 10_000


def test_the_command_goes_on_where_it_was_and_tallies(whole, command, monkeypatch):
    _, _, files = whole
    before = [path.read_bytes() for path in files]
    monkeypatch.setattr("ecosystem_runs.phase.grid.run_job", lambda job: pytest.fail("ran again"))
    grid = ("--ratios", "0.5,1", "--scales", "2", "--zipfs", "1", "--policies", "contribution")
    worlds = ("--seeds", 2, "--first-seed", 7, "--steps", STEPS, "--set", "n_users=30", "--workers", 0)
    done = command("phase", *grid, *worlds, "--out", files[0].parent)
    assert done.code == 0, done.err
    for words in ("2 seeds, T = 20, ties accepted", "ties refused", "2/2", "phase.md"):
        assert words in done.out, words
    assert [path.read_bytes() for path in files] == before


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"axes": ("0.25", "2", "1")}, "--ratios names 0.25, 2.5 creators; give multiples of 0.1"),
        ({"axes": ("1", "0", "1")}, "--scales is 0; it must be a number above 0"),
        ({"axes": ("1", "2", "x")}, "--zipfs is 'x'; it must be a number at least 0 and at most 100"),
        ({"axes": ("1,1.0", "2", "1")}, "--ratios names 1.0 twice"),
        ({"axes": (",", "2", "1")}, "--ratios is ','; give a value"),
        ({"accept": "worse"}, "--accept is 'worse'; it must be one of no_worse, better"),
        ({"settings": {"n_creators": 3}}, "--set names n_creators, which the grid"),
        ({"settings": {"turnover": "least_paid"}}, "--set names turnover, which the grid"),
        ({"settings": {"n_users": 5}}, "n_users is 5"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(given, named):
    with pytest.raises(BadInput, match=named):
        diagram(**given)
