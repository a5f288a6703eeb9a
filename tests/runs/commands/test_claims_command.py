"""``ecosystem claims`` and ``ecosystem planner`` from end to end."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.command_line import app
from ecosystem_runs.replication.checks import CHECKS
from ecosystem_runs.replication.claims import CLAIMS_ON
from ecosystem_runs.replication.readings import READINGS


def ran(*arguments: str) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def small_movielens(movielens_folder, own_cache, tmp_path):
    """Name the made-up ratings, few creators and few movies."""
    return [
        f"path={movielens_folder}",
        "n_creators=4",
        "n_groups=3",
        "active_above=20",
        "shared=12",
        "private=4",
    ]


def claims_of(settings, out, *more):
    sets = [part for one in settings for part in ("--set", one)]
    command = ["claims", "movielens", "--seeds", "2", "--steps", "10", "--workers", "0", "--json"]
    return ran(*command, "--out", str(out), *sets, *more)


@pytest.mark.parametrize("readings", ["of their own base", pytest.param("all", marks=pytest.mark.slow)])
def test_claims_on_movielens_are_judged_reported_and_resumed(
    small_movielens, tmp_path, hasty, monkeypatch, request, readings
):
    if readings != "all":
        monkeypatch.setitem(READINGS, "movielens", tuple(one for one in READINGS["movielens"] if one.base))
    first = claims_of(small_movielens, tmp_path / "out")
    found = json.loads(first)
    assert set(found) == {
        *("environment", "seeds", "first_seed", "steps", "claims", "claims_figure1", "shares", "uir_search"),
        "planned",
        *(
            "each_at_its_user",
            "theorem_1",
            "theorem_1_gap",
            "theorem_2_proof",
            "theorem_2",
            "lne",
            "out",
            "files",
        ),
    }
    assert {
        "reading",
        "arm",
        "welfare",
        "welfare_default",
        "welfare_groups",
        "welfare_groups_default",
        "share",
        "share_attainable",
        "below_planner",
    } == set(found["shares"][0])
    assert set(found["claims"]) == {claim.name for claim in CLAIMS_ON["movielens"]}
    papers = {one.name for one in READINGS["movielens"] if one.papers}
    assert set(found["claims"]["smt beats none, deployed terms"]) == papers
    assert set(found["claims"]["smt beats its sharpness, default terms"]) == {"default"}
    from_base = {row["reading"]: row["share"]["mean"] for row in found["shares"] if row["arm"] == "none"}
    assert list(from_base) == ["default", "printed", "ties refused", "contribution pay"]
    assert not any(from_base[one] for one in ("default", "printed", "ties refused"))  # its own base, each
    assert found["claims_figure1"] == {}
    report = (tmp_path / "out" / "claims.md").read_text()
    assert "groups badly off without intervention end with larger weights" in report
    assert "Theorem" not in report
    assert str(tmp_path) not in report  # whose file it was is nobody's business
    for name in found["files"]:
        assert (tmp_path / "out" / name).stat().st_size > 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("part*.parquet")}
    request.getfixturevalue("undrawn")  # a second time
    assert claims_of(small_movielens, tmp_path / "out") == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("part*.parquet")} == before


def test_claims_need_an_environment_that_the_paper_speaks_of(tmp_path):
    with pytest.raises(BadInput, match="environment is 'figure1'; it must be one of synthetic, movielens"):
        CliRunner().invoke(app, ["claims", "figure1"], catch_exceptions=False)


def test_the_kinds_that_the_help_of_theorems_names_are_some():
    help_text = ran("theorems", "--help")
    kinds = {one.kind for one in CHECKS}
    assert {word.strip(",.") for word in help_text.split()} & kinds == {"theorem-1", "lne"}


@pytest.mark.slow  # the theorems' checks take a minute
def test_claims_on_synthetic_worlds(tmp_path):
    sizes = [part for one in ("n_users=60", "n_creators=8", "n_groups=4") for part in ("--set", one)]
    command = ["claims", "--seeds", "2", "--steps", "20", "--json", "--out", str(tmp_path / "out")]
    found = json.loads(ran(*command, *sizes))
    assert found["environment"] == "synthetic"
    assert len(found["claims_figure1"]) > 0
    assert len(found["theorem_1"]) > 0
    assert "## Theorem 2" in (tmp_path / "out" / "claims.md").read_text()


def test_the_planner_beats_where_creators_start():
    printed = ran("planner", "figure1", "--seeds", "2", "--starts", "2", "--effort", "0.3", "--json")
    found = json.loads(printed)
    assert [world["seed"] for world in found["worlds"]] == [0, 1]
    for world in found["worlds"]:
        assert world["welfare"] > world["start_welfare"]
        assert len(world["restarts"]) == 2
    # Each creator at its own user is the best there is (Section 4.1).
    assert max(world["welfare"] for world in found["worlds"]) == pytest.approx(1.99994, abs=2e-4)
    assert "planned welfare" in ran("planner", "figure1", "--starts", "1", "--effort", "0.1")
