"""``ecosystem replay``: what it plays again, what it refuses, and what it prints."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ecosystem_runs.folders import write_config
from ecosystem_runs.jobs.kept import read_config


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Keep three short runs: two of one world, with a plug-in in one, and one of another seed."""
    from ecosystem_runs.single.run import parameters_of, run_economy
    from ecosystem_runs.single.run_folder import write_run

    folder = tmp_path_factory.mktemp("runs")
    (folder / "quota.py").write_text(
        "import numpy as np\nfrom ecosystem.plugins import default_terms, Terms\n\n\nclass Quota:\n"
        "    def deploy(self, weights, beta, K, n_creators):\n"
        "        K = np.full(len(weights), min(K, n_creators))\n"
        "        return Terms(np.ones_like(weights), np.full(len(weights), beta / 2), K)\n"
    )
    for name, mechanism, seed in (("a", "none", 3), ("b", f"{folder}/quota.py:Quota", 3), ("c", "none", 4)):
        (folder / name).mkdir()
        run = run_economy(parameters_of("figure1", mechanism, 6, seed, trajectory=True), quiet=True)
        write_run(folder / name, run)
    return folder


def test_two_runs_become_two_arms_of_one_page(command, kept, tmp_path):
    out, caption = tmp_path / "it's <one>.html", tmp_path / "c.md"
    caption.write_text("Hello *there*")
    printed = command("replay", kept / "a", kept / "b", "--out", out, "--caption", caption, "--json")
    assert printed.code == 0, printed.err
    told = json.loads(printed.out)
    assert told["out"] == str(out)
    assert told["bytes"] == out.stat().st_size
    assert told["steps"] == [6, 6]
    assert told["iframe"].startswith(
        '<iframe src="it&#x27;s &lt;one&gt;.html" title="figure1, seed 3" width='
    )
    page = out.read_text()
    assert "Hello <em>there</em>" in page
    assert '"title":"Quota"' in page
    again = command("replay", kept / "a", "--out", out)  # in the place of a replay
    assert again.code == 0, again.err
    assert "<iframe " in again.out
    assert f"({out.stat().st_size / 1e6:.2f} MB)" in again.out
    assert '"title":"Quota"' not in out.read_text()


def test_a_run_of_other_code_is_refused_by_its_hash(command, kept, tmp_path):
    other = shutil.copytree(kept / "a", tmp_path / "other")
    config = read_config(other)
    mine, config["strategies_hash"] = config["strategies_hash"], "f" * 64
    write_config(other, config)
    printed = command("replay", other, "--out", tmp_path / "story.html")
    assert printed.code == 2
    assert (
        f"{str(other)!r} was made by other code or on another machine: its strategies hash is {'f' * 64}, played "
        f"again it is {mine}" in printed.err
    )
    assert not (tmp_path / "story.html").exists()


def test_an_input_that_changed_is_refused_by_name(command, kept, tmp_path):
    quota = kept / "quota.py"
    before = quota.read_text()
    try:
        quota.write_text(before.replace("beta / 2", "beta / 3"))
        printed = command("replay", kept / "b", "--out", tmp_path / "story.html")
    finally:
        quota.write_text(before)
    assert printed.code == 2
    assert f"'{kept / 'b'}' was made of other inputs than there are now: {quota}" in printed.err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("a", "c", "--out", "s.html"), "are no arms of one world: seed (3, 4) differ"),
        (("a", "b", "c", "--out", "s.html"), "3 folders are given; a replay has one arm or two"),
        (("a", "--out", "s.txt"), "--out is 's.txt'; it must end in .html, in a folder that is there"),
        (
            ("a", "--out", "no/s.html"),
            "--out is 'no/s.html'; it must end in .html, in a folder that is there",
        ),
        (("a", "--out", "mine.html"), "--out is 'mine.html', which is no replay; give another name"),
        (
            ("a", "--out", "s.html", "--caption", "no.md"),
            "--caption is 'no.md', which cannot be read (No such file or directory)",
        ),
        ((".", "--out", "s.html"), "holds no config.json"),
        (("sweep", "--out", "s.html"), "'sweep' holds no single run; give a folder of `ecosystem run`"),
    ],
)
def test_what_cannot_be_is_one_line(command, kept, monkeypatch, words, line):
    monkeypatch.chdir(kept)
    Path("mine.html").write_text("<p>mine</p>")
    Path("sweep").mkdir(exist_ok=True)
    write_config(Path("sweep"), {"description": {}})
    printed = command("replay", *words)
    assert printed.code == 2
    assert line in printed.err
    assert printed.err.count("\n") == 1
    assert Path("mine.html").read_text() == "<p>mine</p>"
    assert not Path("s.html").exists()
