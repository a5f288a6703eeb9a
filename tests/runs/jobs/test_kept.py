"""Results on disk: whole or absent, taken up again, other folders left alone."""

import errno
import os
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.folders import write_config
from ecosystem_runs.jobs import kept as kept_module
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.jobs.kept import Kept, kept_in, open_folder, read_config
from ecosystem_runs.jobs.run_kept import Work, run_kept, run_missing

COLUMNS = {"square": pa.float64()}
DESCRIPTION = {"jobs": [0, 1, 2], "note": "squares"}


def square(job):
    if job < 0:
        raise ValueError("negative")
    return {"square": float(job * job)}


def run(folder, jobs=(0, 1, 2), description=DESCRIPTION, again=(), stop_after=None):
    """Run what is missing; return the jobs that ran and all rows."""
    seen = []

    def note(finished, running):
        seen.extend(done.index for done in finished)
        if stop_after is not None and len(seen) >= stop_after:
            raise KeyboardInterrupt
        return ""

    work = Work("squares", description, list(jobs), square, dict, note=note)
    with open_folder(folder, description, COLUMNS) as kept:
        repeated = [job for job, status in kept.finished.items() if status in again]
        ran = run_missing(work, kept, InProcess(), quiet=True, again=repeated)
        assert ran.interrupted == (stop_after is not None)
        return seen, kept.rows()


def test_rows_are_kept_and_only_missing_jobs_run(tmp_path):
    ran, rows = run(tmp_path / "a", stop_after=2)
    assert ran == [0, 1]
    assert list(rows) == [0, 1]
    ran, rows = run(tmp_path / "a")
    assert ran == [2]
    assert [row["square"] for row in rows.values()] == [0.0, 1.0, 4.0]
    assert {row["status"] for row in rows.values()} == {"done"}
    assert run(tmp_path / "a")[0] == []


def test_failures_are_rows_and_can_be_run_again(tmp_path):
    ran, rows = run(tmp_path, jobs=(0, -1, 2))
    assert ran == [0, 1, 2]
    assert (rows[1]["status"], rows[1]["error"], rows[1]["square"]) == (
        "failed",
        "ValueError: negative",
        None,
    )
    assert run(tmp_path, jobs=(0, -1, 2))[0] == []
    ran, rows = run(tmp_path, jobs=(0, 3, 2), again=("failed",))  # as if what failed had been mended
    assert ran == [1]
    assert (rows[1]["status"], rows[1]["square"]) == ("done", 9.0)


@dataclass
class Square:
    square: float


@pytest.mark.parametrize(
    ("error", "says", "runs_again"),
    [
        (MemoryError("no room"), "MemoryError: no room; the same command tries again", [1]),
        (np._core._exceptions._ArrayMemoryError((9,), np.dtype(float)), "the same command tries again", [1]),
        (FileNotFoundError(2, "gone"), "gone; the same command tries again", [1]),
        (ValueError("negative"), "ValueError: negative; give another --out to start over", []),
    ],
)
def test_what_the_machine_failed_runs_again(tmp_path, error, says, runs_again):
    ran = []

    def squared(job, fails):
        ran.append(job)
        if fails and job == 1:
            raise error
        return Square(job * job)

    def go(fails):
        work = Work("squares", DESCRIPTION, [0, 1, 2], partial(squared, fails=fails), Square)
        return run_kept(work, tmp_path, InProcess(), quiet=True)

    with pytest.raises(BadInput, match=says):
        go(fails=True)
    assert ran == [0, 1, 2]
    ran.clear()
    if runs_again:
        found = go(fails=False)
        assert (found.results, found.resumed) == ([Square(0), Square(1), Square(4)], 2)
        assert go(fails=False).resumed == 3
    else:
        with pytest.raises(BadInput, match=says):
            go(fails=False)
    assert ran == runs_again


def test_the_later_result_counts_after_merging_too(tmp_path):
    run(tmp_path, jobs=(0, -1, 2))
    run(tmp_path, jobs=(0, 3, 2), again=("failed",))
    with open_folder(tmp_path, DESCRIPTION, COLUMNS) as kept:
        kept.merge()
        assert kept.rows()[1]["status"] == "done"
    assert len(list((tmp_path / "parts").iterdir())) == 1
    assert run(tmp_path, jobs=(0, 3, 2))[0] == []


def test_many_parts_are_merged_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_module, "PARTS_MERGED_ABOVE", 3)
    most = []
    write = Kept._write

    def counted(self, rows):
        write(self, rows)
        most.append(len(list((tmp_path / "parts").glob("*.parquet"))))

    monkeypatch.setattr(Kept, "_write", counted)
    jobs = list(range(300))
    ran, rows = run(tmp_path, jobs=jobs)
    assert ran == jobs
    assert [row["square"] for row in rows.values()] == [float(k * k) for k in jobs]
    assert max(most) <= 5


def test_a_truncated_part_is_put_aside_and_its_jobs_run_again(tmp_path):
    run(tmp_path)
    parts = sorted((tmp_path / "parts").glob("*.parquet"))
    victim = parts[0]
    lost = pq.read_table(victim)["job"].to_pylist()
    victim.write_bytes(victim.read_bytes()[:-20])
    assert [path.name for path in kept_in(tmp_path, DESCRIPTION, COLUMNS).damaged] == [victim.name]
    ran, rows = run(tmp_path)
    assert ran == lost
    assert list(rows) == [0, 1, 2]
    assert victim.with_suffix(".damaged").exists()
    assert kept_in(tmp_path, DESCRIPTION, COLUMNS).damaged == []


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all"])
def test_rubbish_among_the_parts_does_no_harm(tmp_path, content):
    run(tmp_path)
    (tmp_path / "parts" / "00000009.parquet").write_bytes(content)
    ran, rows = run(tmp_path)
    assert ran == []
    assert len(rows) == 3


def test_what_a_killed_sweep_was_writing_is_swept_up(tmp_path):
    run(tmp_path)
    (tmp_path / "parts" / ".00000009.parquet-abc").write_bytes(b"half")
    run(tmp_path)
    assert not list((tmp_path / "parts").glob(".*"))


def test_another_plan_is_told_apart_and_nothing_is_touched(tmp_path):
    run(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(BadInput, match="holds another experiment: it differs in jobs; give another folder"):
        run(tmp_path, description={**DESCRIPTION, "jobs": [0, 1, 3]})
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_damaged_config_is_told_apart_and_can_be_deleted(tmp_path):
    run(tmp_path)
    config = tmp_path / "config.json"
    config.write_text(config.read_text()[:10])
    with pytest.raises(BadInput, match="is damaged, or not of this version; move it away"):
        run(tmp_path)
    config.unlink()
    assert run(tmp_path)[0] == []
    config.unlink()
    with pytest.raises(BadInput, match="part of other results"):
        run(tmp_path, description={"other": 1})
    with pytest.raises(BadInput, match="holds no config"):
        read_config(tmp_path / "elsewhere")


def test_a_folder_of_another_kind_of_run_is_refused(tmp_path):
    write_config(tmp_path, {"parameters": {}})
    with pytest.raises(BadInput, match="holds another run"):
        run(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json"]


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    run(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_in_use_is_refused(tmp_path):
    with open_folder(tmp_path, DESCRIPTION, COLUMNS), pytest.raises(BadInput, match="in use"):
        run(tmp_path)
    assert run(tmp_path)[0] == [0, 1, 2]


def test_folders_that_cannot_be_written(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(BadInput, match="a file; give a folder"):
        run(file)
    with pytest.raises(BadInput, match="cannot write into"):
        run(file / "below")


def test_a_disk_that_fills_up_keeps_what_finished(tmp_path, monkeypatch):
    real, left = os.fsync, [5]

    def full_later(descriptor):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full_later)
    with pytest.raises(BadInput, match="No space left on device; what finished before is kept"):
        run(tmp_path)
    monkeypatch.setattr(os, "fsync", real)
    assert not list((tmp_path / "parts").glob(".*"))
    kept = list(kept_in(tmp_path, DESCRIPTION, COLUMNS).finished)
    assert 0 < len(kept) < 3
    ran, rows = run(tmp_path)
    assert sorted(ran + kept) == [0, 1, 2]
    assert len(rows) == 3


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_disk_that_takes_no_merged_part_keeps_those_there_are(tmp_path, monkeypatch, number):
    def full(path, write):
        raise OSError(number, os.strerror(number))

    run(tmp_path)
    parts = sorted((tmp_path / "parts").iterdir())
    assert len(parts) > 1
    with open_folder(tmp_path, DESCRIPTION, COLUMNS) as kept, monkeypatch.context() as patch:
        patch.setattr(kept_module, "write_whole", full)
        with pytest.raises(BadInput, match=f"{os.strerror(number)}; what finished before is kept"):
            kept.merge()
    assert sorted((tmp_path / "parts").iterdir()) == parts
    assert run(tmp_path)[0] == []
