"""``ecosystem abtest`` from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosystem.shortvideo.days import ClosedLoop
from ecosystem_runs.digests.inputs import input_digest
from ecosystem_runs.jobs.kept import Kept

SMALL = ("--users", 120, "--days", 7, "--burn-in", 4, "--min-group", 5, "--resamples", 40)


@pytest.fixture
def abtest(command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, code=0):
        printed = command("abtest", *arguments)
        assert printed.code == code, printed.err
        return printed

    return call


def test_identical_seeds_give_identical_reports(abtest, tmp_path, undrawn):
    reports = [json.loads(abtest(*SMALL, "--json", "--threads", t, "--out", f"a{t}").out) for t in (1, 2)]
    folders = [report.pop("out") for report in reports]
    assert (
        reports[0].pop("seconds").keys() == reports[1].pop("seconds").keys() == {"simulation", "statistics"}
    )
    assert reports[0] == reports[1]
    assert folders[0] != folders[1]
    texts = [(tmp_path / folder / "report.md").read_text() for folder in folders]
    assert texts[0] == texts[1]
    other = json.loads(abtest(*SMALL, "--json", "--seed", 1).out)
    assert other["lifts"] != reports[0]["lifts"]


def test_the_report_is_complete(abtest, tmp_path):
    out = abtest(
        *SMALL,
        "--json",
        "--replicates",
        2,
        "--arms",
        "none,hmt_table1,percentiles(values=[0.9])",
        "--out",
        "here",
    ).out
    report = json.loads(out)
    assert report["out"] == str(tmp_path / "here")
    assert report["arms"] == ["none", "hmt_table1", "percentiles(values=[0.9])"]
    keys = {row["metric"] for row in report["lifts"]}
    assert {
        "ltr",
        "cold",
        "fresh",
        "topics",
        "dau_popular",
        "dau_other",
        "dau_popular_1",
        "ltr_4",
        "cold_1",
    } <= keys
    assert len(report["lifts"]) == 2 * len(keys)
    retrieved = [report["retrieved"][arm] for arm in report["arms"]]
    assert retrieved[0] == pytest.approx(0.01)
    assert retrieved[2] > 0.011
    (ltr,) = [row for row in report["lifts"] if (row["arm"], row["metric"]) == ("hmt_table1", "ltr")]
    assert ltr["paper"] == 0.0113
    assert ltr["low"] <= ltr["lift"] <= ltr["high"]
    names = {path.name for path in (tmp_path / "here").iterdir()}
    assert names == {"config.json", "report.md", "lifts.parquet", "days.parquet", "groups.parquet"} | {
        "lifts.png",
        "days.png",
        "table2.png",
        "parts",
        ".lock",
    }
    assert json.loads((tmp_path / "here" / "config.json").read_text())["lifts"] == report["lifts"]
    days = pd.read_parquet(tmp_path / "here" / "days.parquet")
    assert len(days) == 2 * 3 * (4 + 7)
    markdown = (tmp_path / "here" / "report.md").read_text()
    assert "| LTR |" in markdown
    assert "(+1.13 %)" in markdown
    assert "here" not in markdown.split("\n")[2]  # no path in it


@pytest.mark.parametrize("after", [1, *(pytest.param(after, marks=pytest.mark.slow) for after in (0, 3))])
def test_stopped_and_resumed_gives_the_same_bytes(abtest, monkeypatch, tmp_path, after):
    words = (*SMALL, "--replicates", 2, "--threads", 1, "--out")
    abtest(*words, "whole")
    with monkeypatch.context() as patch:
        calls = []

        def stopped(kept, finished, add=Kept.add):
            if len(calls) == after:
                raise KeyboardInterrupt
            calls.append(finished)
            add(kept, finished)

        patch.setattr(Kept, "add", stopped)
        printed = abtest(*words, "stopped", code=130)
    assert printed.out == ""
    assert printed.err.endswith("interrupted; what finished is kept; the same command goes on from here\n")
    printed = abtest(*words, "stopped")
    assert f"{after} of 4 arms from earlier" in printed.out
    names = [path.name for path in (tmp_path / "whole").iterdir() if path.is_file()]
    for name in names:
        assert (tmp_path / "stopped" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_the_same_command_goes_on_and_another_is_refused(abtest, monkeypatch, tmp_path, undrawn):
    first = json.loads(abtest(*SMALL, "--json").out)
    monkeypatch.setattr(ClosedLoop, "run", lambda *arguments: pytest.fail("ran again"))
    again = json.loads(abtest(*SMALL, "--json").out)
    assert {key: again[key] for key in first if key != "seconds"} == {
        key: first[key] for key in first if key != "seconds"
    }
    printed = abtest(*SMALL, "--seed", 1, "--out", first["out"], code=2)
    assert "holds another experiment: it differs in seed; give another folder" in printed.err
    assert printed.err.count("\n") == 1


def test_for_people_there_is_a_table(abtest, undrawn):
    printed = abtest(*SMALL)
    assert "hmt_table1 against none" in printed.out
    assert "results in" in printed.out
    assert "arms" in printed.err


def test_an_aa_test_is_one_flag_and_a_file_is_one_option(abtest, tmp_path, undrawn):
    assert json.loads(abtest(*SMALL, "--aa", "--json").out)["arms"] == ["none", "none-2"]
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "mine.npz", users=rng.standard_normal((600, 4)), groups=rng.integers(3, size=600))
    report = json.loads(abtest(*SMALL, "--population", "mine.npz", "--json").out)
    assert report["population"] == str(tmp_path / "mine.npz")
    assert report["inputs"] == {str(tmp_path / "mine.npz"): input_digest(str(tmp_path / "mine.npz"))}
    assert "population mine.npz." in (Path(report["out"]) / "report.md").read_text()
    assert report["groups"] == 3


def test_what_was_run_is_kept_and_repeats_it(abtest, tmp_path, undrawn):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "mine.npz", users=rng.standard_normal((600, 4)), groups=rng.integers(3, size=600))
    (tmp_path / "mine.py").write_text(
        "from ecosystem_agents.mechanisms import SMT\n\n\nclass Soft(SMT):\n    pass\n"
    )
    arms = "none,percentiles(values=[0.9, 0.5], edges=[1.0]),mine.py:Soft"
    given = ("--arms", arms, "--population", "mine.npz", "--relevance", "distance", "--set", "alpha=2")
    abtest(*SMALL, *given, "--seed", 4, "--replicates", 2, "--out", "first")
    kept = json.loads((tmp_path / "first" / "config.json").read_text())
    files = [str(tmp_path / name) for name in ("mine.npz", "mine.py")]
    assert kept["inputs"] == {file: input_digest(file) for file in files}
    assert [kept[key] for key in ("min_group", "relevance", "resamples")] == [5, "distance", 40]
    options = (
        "days",
        "burn_in",
        "users",
        "replicates",
        "seed",
        "population",
        "relevance",
        "min_group",
        "resamples",
    )
    again = [part for name in options for part in (f"--{name.replace('_', '-')}", kept[name])]
    again += [part for name, value in kept["settings"].items() for part in ("--set", f"{name}={value}")]
    abtest(*again, "--arms", ",".join(kept["mechanisms"].values()), "--out", "second")
    assert json.loads((tmp_path / "second" / "config.json").read_text()) == kept


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--arms", "none,hnt"), "hmt"),
        (("--arms", "none"), "at least two"),
        (("--arms", "none,enrichment"), "static items"),
        (("--aa", "--arms", "none,smt"), "one of them"),
        (("--days", 0), "days"),
        (("--users", 3), "users"),
        (("--set", "alhpa=1"), "alpha"),
        (("--set", "beta=0"), "beta"),
        (("--population", "absent.npz"), "absent.npz"),
        (("--resamples", 1), "resamples"),
    ],
)
def test_bad_input_is_one_line_and_code_2_and_leaves_nothing(abtest, tmp_path, arguments, text):
    printed = abtest(*arguments, code=2)
    assert text in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert not list(tmp_path.iterdir())
