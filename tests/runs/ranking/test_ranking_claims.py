"""``ecosystem claims ranking`` from end to end."""

import json
import re
import shlex
from pathlib import Path

from ecosystem_runs.ranking import claim_checks
from ecosystem_runs.ranking.claim_checks import CHECKS, walked
from ecosystem_runs.ranking.claims import CLAIMS, jobs_of
from ecosystem_runs.ranking.examples import EXAMPLES
from ecosystem_runs.ranking.examples import Path as Play

DOCS = Path(__file__).parents[3] / "docs"
VERDICTS = {"holds", "holds where checked", "fails", "not checked"}


def test_claims_are_judged_and_counterexamples_can_be_typed_in(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["claims", "ranking", "--queries", "3", "--seeds", "1", "--workers", "0", "--out", "out"]
    table = command(*words)
    assert table.code == 0
    assert "Theorem 3.1" in table.out
    found = json.loads(command(*words, "--json").out)  # everything was kept
    page = (DOCS / "reference" / "results.md").read_text().split("### `ecosystem claims ranking`\n")[1]
    assert set(found) <= set(re.findall(r"`(\w+)`", page.split("\n### ")[0]))
    assert set(found) == {"queries", "seeds", "claims", "steps", "out", "files"}
    judged = {one["name"]: one for one in found["claims"]}
    assert set(judged) == {claim.name for claim in CLAIMS}
    assert {one["verdict"] for one in judged.values()} == VERDICTS
    assert judged["large general"]["verdict"] == judged["doors"]["verdict"] == "fails"
    assert "exact search" in judged["large general"]["checked"]
    endings = {
        "large general": "equilibrium after 0 steps",
        "flat": "equilibrium after 0 steps",
        "doors": "1 can improve",
    }
    for name, ending in endings.items():
        rows, play = judged[name]["counterexample"].split("; ")
        Path("rows.json").write_text(shlex.split(rows)[1])
        assert ending in command(*shlex.split(play)[1:]).out
    walk = next(row for row in found["steps"] if (row["n"], row["k"]) == (2, 3))
    assert walk == {"n": 2, "k": 3, "recursion": 5, "n_m": 4, "play": 2, "walk": 2}
    page = Path(found["files"][0]).read_text()
    assert all(one["claim"] in page for one in judged.values())


def test_what_it_does_not_take_is_named(command):
    assert "--queries is 2; it must be" in command("claims", "ranking", "--queries", "2").err
    assert "leave them out" in command("claims", "ranking", "--steps", "5").err


def test_a_check_finds_what_is_false(monkeypatch):
    first = EXAMPLES["figure 4"][0]
    cut = Play(first.game, first.unit, "404 015; 420 015", "renamed")
    assert cut.against() == "it does not end where it began"
    assert (
        Play((2, 4, 1, "2/5"), 10, EXAMPLES["figure 2"][0].rows, "renamed").against() == "step 1 is not fair"
    )
    assert walked(2, 3, "1/2", 4, "convergence").against == {}
    monkeypatch.setattr(claim_checks, "recursion", lambda n: 1)
    assert walked(2, 3, "1/2", 4, "convergence").against == {"rate": "2, 3"}
    monkeypatch.setattr(claim_checks, "_fair", lambda profile, mover, documents: [profile])  # stays for ever
    assert {"convergence", "pattern", "algorithm 1"} <= set(walked(2, 3, "1/2", 2, "convergence").against)


def test_every_claim_can_be_decided():
    kinds = {job[0] for job in jobs_of(5, 1)}
    assert kinds == set(CHECKS)
    for claim in CLAIMS:
        assert set(claim.checks) <= kinds


def test_the_report_in_the_docs_judges_these_claims():
    page = (DOCS / "claims" / "ranking.md").read_text()
    missing = [claim.text for claim in CLAIMS if claim.text not in page]
    assert not missing
