"""Files of readings, and the plane that they may span."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from ecosystem.ratings.training import MODELS
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.command_line import app
from ecosystem_runs.pictures import save
from ecosystem_runs.replication import plane
from ecosystem_runs.replication.brief import parts_of
from ecosystem_runs.replication.plane import is_plane
from ecosystem_runs.replication.reading_files import Asked, asked, parse_readings, read_readings
from ecosystem_runs.replication.readings import SYNTHETIC
from ecosystem_runs.replication.verdicts import Claim, Judged, verdict
from ecosystem_runs.report_parts import markdown

PLANE = Path(__file__).parents[3] / "docs" / "replication" / "plane.toml"


def test_lists_are_crossed_and_names_say_the_settings():
    found = parse_readings(
        {"arms": ["hmt_frozen"], "readings": [{"n_creators": 5, "K": [1, 2], "beta": [0.1, 1]}, {}]}
    )
    assert [one.name for one in found.readings] == [
        "n_creators 5, K 1, beta 0.1",
        "n_creators 5, K 1, beta 1",
        "n_creators 5, K 2, beta 0.1",
        "n_creators 5, K 2, beta 1",
        "default",
    ]
    assert found.readings[1].settings == {"n_creators": 5, "K": 1, "beta": 1}
    assert found.readings[0].arms == ("none", "uir", "smt", "hmt", "hmt_frozen")
    assert [one.base for one in found.readings] == [one.name for one in found.readings]


def test_the_committed_plane():
    found = read_readings(PLANE)
    assert len(found.readings) == 22
    assert is_plane(found.readings)
    assert not is_plane(SYNTHETIC)
    a, b = found.readings[:2]
    assert is_plane([replace(one, settings={**one.settings, "n_users": 200}) for one in (a, b)])
    assert not is_plane([a, replace(b, settings={**b.settings, "n_users": 200})])
    assert not is_plane([replace(one, settings={"K": K}) for one, K in ((a, 1), (b, 2))])
    found.check({"environment": "synthetic"})


def test_the_committed_list_needs_no_planner():
    found = read_readings(PLANE.with_name("one-at-a-time.toml"))
    assert {one.base for one in found.readings} == {None}
    assert found.readings[0].settings == {}
    found.check({"environment": "synthetic"})


def test_a_brief_parts_what_readings_change_from_what_they_do_not():
    one, other = (Claim(name, "Fig. 2a", name, np.mean, "") for name in ("turns", "stays"))
    up, down = verdict(np.linspace(1, 2, 10)), verdict(np.linspace(-2, -1, 10))
    judged = [Judged(one, {"a": up, "b": down}), Judged(other, {"a": up, "b": replace(up, mean=4.0)})]
    asked = Asked("movielens", (), "x.toml", ("Note.",))
    worlds = SimpleNamespace(environment="movielens", seeds=10)
    page = markdown(parts_of(SimpleNamespace(judged=judged, asked=asked, worlds=worlds, runs="ab"), "Size."))
    assert page.startswith("# What the readings change: 1 of 2 verdicts\n\nNote.\n\nSize.")
    assert "| turns | Fig. 3a | holds +1.5000 | fails -1.5000 |" in page
    assert "| stays | Fig. 3a | holds | +1.5000 | +4.0000 |" in page
    corrected = {"a": up, "b": replace(down, p_holm=0.2)}
    took = [Judged(one, corrected)]
    page = markdown(parts_of(SimpleNamespace(judged=took, asked=asked, worlds=worlds, runs="ab"), "Size."))
    assert "| fails -1.5000 † |" in page
    assert "Verdicts that agree" not in page  # no empty table


def test_the_committed_embeddings_of_movielens():
    found = read_readings(PLANE.with_name("movielens.toml"))
    assert [one.settings["model"] for one in found.readings[::2]] == list(MODELS)
    assert found.readings[1].settings["start"] == "highest_rated"
    assert "was not run" in found.note[0]


def test_an_environments_name_asks_the_papers_readings():
    assert asked("synthetic").is_papers
    assert not asked(str(PLANE)).is_papers
    with pytest.raises(BadInput, match=r"environment is 'sythetic'.* did you mean 'synthetic'"):
        asked("sythetic")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, r"readings must be a list of tables, such as: \[\[readings\]\]"),
        ({"readings": []}, "readings must be a list of tables"),
        ({"reading": []}, "did you mean 'readings'"),
        ({"environment": "niches", "readings": [{}]}, "environment is 'niches'"),
        ({"arms": "uir", "readings": [{}]}, "arms is 'uir'; it must be a list out of none, uir"),
        ({"arms": ["ui"], "readings": [{}]}, "a name in arms is 'ui'.* did you mean 'uir'"),
        (
            {"arms": ["none", "uir"], "readings": [{}]},
            "arms leaves out smt, hmt; every reading runs none, uir, smt, hmt: name all",
        ),
        ({"planner": "no", "readings": [{}]}, "planner is 'no'"),
        ({"note": 1, "readings": [{}]}, "note is 1; it must be a text"),
        ({"readings": [{"K": []}]}, "makes 0 readings"),
        ({"readings": [{"name": "a", "K": [1, 2]}]}, "name is 'a'; it must be a text, and of one reading"),
        ({"readings": [{"K": 1}, {"K": 1}]}, "two readings are called 'K 1'"),
    ],
)
def test_what_cannot_be_is_one_line(raw, message):
    with pytest.raises(BadInput, match=message):
        parse_readings(raw)


def test_a_reading_that_makes_no_world_is_named_before_anything_runs():
    found = parse_readings({"readings": [{"K": [5, 0]}]})
    with pytest.raises(BadInput, match="reading 'K 0': K is 0"):
        found.check({"environment": "synthetic"})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"schedule": "smt@1"}, r"reading 'a' names schedule, which the arms decide; leave it out"),
        ({"mechanism": "smt"}, r"reading 'a' names mechanism, which the arms decide"),
        (
            {"environment": "figure1"},
            r"reading 'a' names environment, which all readings share; it stands once",
        ),
        ({"horizon": 50}, r"reading 'a' names horizon, which all readings share; use --steps"),
        ({"rng": 1}, r"reading 'a' names rng, which all readings share; use --seeds"),
    ],
)
def test_a_reading_changes_neither_arms_nor_what_all_readings_share(settings, message):
    with pytest.raises(BadInput, match=message):
        parse_readings({"readings": [{"name": "a", **settings}]}).check({"environment": "synthetic"})


def test_claims_over_a_small_plane(tmp_path, monkeypatch, hasty, request):
    titles = set()

    def seen(figure, path, **how):
        titles.add(figure.get_suptitle())
        return save(figure, path, **how)

    monkeypatch.setattr(plane, "save", seen)
    file = tmp_path / "small.toml"
    file.write_text("note = 'Two worlds.'\n[[readings]]\nn_creators = 6\nK = [1, 6]\nbeta = 0.1\n")
    command = ("claims", str(file), "--seeds", "2", "--steps", "10", "--workers", "0", "--json")
    sizes = ("--set", "n_users=60", "--set", "n_groups=4", "--out", str(tmp_path / "out"))

    def ran() -> str:
        return CliRunner().invoke(app, [*command, *sizes], catch_exceptions=False).stdout

    found = json.loads(ran())
    assert found["claims"]["uir beats none, deployed terms"].keys() == {
        "n_creators 6, K 1, beta 0.1",
        "n_creators 6, K 6, beta 0.1",
    }
    assert found["planned"].keys() == found["claims"]["hmt, smt, uir, none"].keys()
    assert {Path(one).name for one in found["files"]} >= {"plane.png", "plane-groups.png", "claims.md"}
    by_hand = found["shares"][0]
    assert by_hand["arm"] == "none"
    assert by_hand["share"]["mean"] == 0
    report = (tmp_path / "out" / "claims.md").read_text()
    assert "`ecosystem claims small.toml --seeds 2 --steps 10" in report
    assert "Exploitability" not in report
    for what in (
        "over readings, before",
        "verdict, before",
        "2 readings, before",
        "under every reading, before",
    ):
        assert f"{what} Holm" in report
    assert report.count("Reading: n_creators 6, K 1, beta 0.1.") == 2  # curves.png, by its name and below it
    brief = (tmp_path / "out" / "brief.md").read_text()
    assert brief.startswith(
        "# What the readings change: too few seeds for verdicts (2; at least 10 are needed)\n"
    )
    assert "Verdicts that" not in brief  # nor an empty table of them
    assert "\n\nTwo worlds.\n\nCommand: `ecosystem claims small.toml" in brief
    assert brief.count("| too few seeds |") == len(found["claims"])
    assert titles == {"too few seeds for verdicts (2; at least 10 are needed)"}
    request.getfixturevalue("undrawn")  # a second time
    assert json.loads(ran())["claims"] == found["claims"]
