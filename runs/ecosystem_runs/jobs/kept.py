"""What jobs found, kept in a folder as they finish.

A folder holds ``config.json``, which says what the jobs are, and ``parts/``, Parquet files of finished jobs,
each written whole or not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.fingerprints import fingerprint
from ecosystem_runs.folders import CONFIG, write_text, write_whole
from ecosystem_runs.jobs.queue import Done

try:
    import fcntl
except ImportError:  # Windows: two sweeps in one folder waste work there, and nothing else
    fcntl = None  # type: ignore[assignment]

PARTS_MERGED_ABOVE = 200


@dataclass
class Kept:
    """Results in a folder."""

    folder: Path  # absolute
    schema: pa.Schema  # of a part: job, status, error, seconds, and the columns of results
    finished: dict[int, str] = field(default_factory=dict)  # "done" or "failed", of every job on disk
    damaged: list[Path] = field(default_factory=list)  # parts that cannot be read; their jobs run again
    stamp: int = 0  # number of the last part: of two results of a job the later counts

    def add(self, finished: Sequence[Done]) -> None:
        """Keep jobs that finished, in a part of their own; values are dataclasses or dicts of the columns."""
        rows: list[dict[str, Any]] = []
        for done in finished:
            status = "done" if done.error is None else "failed"
            row = {"job": done.index, "status": status, "error": done.error, "seconds": done.seconds}
            found = {} if done.value is None else done.value
            rows.append(row | (found if isinstance(found, dict) else vars(found)))
        with _writing(self.folder):
            self._write(rows)
        self.finished |= {row["job"]: row["status"] for row in rows}
        if len(_parts(self.folder)) > PARTS_MERGED_ABOVE:
            self.merge()

    def rows(self) -> dict[int, dict[str, Any]]:
        """Return what is on disk, by job, in their order: job, status, error, seconds and the columns."""
        return dict(sorted(self._read()[0].items()))

    def merge(self) -> None:
        """Make one part of all."""
        rows, paths = self._read()
        if len(paths) > 1:
            with _writing(self.folder):
                self._write([rows[index] for index in sorted(rows)])
                for path in paths:
                    path.unlink()

    def write(self, name: str, write: Callable[[Path], Any]) -> None:
        """Write a file of the folder whole, such as a table made of the rows."""
        with _writing(self.folder):
            write_whole(self.folder / name, write)

    def _write(self, rows: list[dict[str, Any]]) -> None:
        self.stamp += 1
        path = self.folder / "parts" / f"{self.stamp:08d}.parquet"
        write_whole(path, lambda scratch: pq.write_table(pa.Table.from_pylist(rows, self.schema), scratch))

    def _read(self) -> tuple[dict[int, dict[str, Any]], list[Path]]:
        """Read all parts in the order they were written, so that the later result of a job counts."""
        rows: dict[int, dict[str, Any]] = {}
        paths = []
        self.damaged = []
        for path in _parts(self.folder):
            self.stamp = max(self.stamp, int(path.stem) if path.stem.isdigit() else 0)
            try:
                table = pq.ParquetFile(path).read()
            except FileNotFoundError:
                raise
            except (OSError, pa.ArrowException):
                self.damaged.append(path)
                continue
            if not table.schema.equals(self.schema, check_metadata=True):
                raise BadInput(
                    f"{str(path)!r} is a part of other results; move it away, or give another --out"
                )
            paths.append(path)
            rows |= {row["job"]: row for row in table.to_pylist()}
        self.finished = {index: row["status"] for index, row in rows.items()}
        return rows, paths


def kept_in(folder: Path, description: Mapping[str, Any], columns: Mapping[str, pa.DataType]) -> Kept:
    """Return what a folder holds of jobs of this description, without changing anything."""
    own = {"job": pa.int64(), "status": pa.string(), "error": pa.string(), "seconds": pa.float64()}
    schema = pa.schema(own | dict(columns), metadata={"jobs": fingerprint(description)})
    kept = Kept(folder.absolute(), schema)
    for patience in range(5, -1, -1):
        try:
            kept._read()
            break
        except FileNotFoundError:  # the sweep that is at work in the folder merged its parts meanwhile
            if not patience:
                raise
    return kept


@contextmanager
def open_folder(
    folder: Path, description: Mapping[str, Any], columns: Mapping[str, pa.DataType]
) -> Iterator[Kept]:
    """Make a folder ready for these jobs, or take it up again, and hold it alone while the context lasts.

    Raises
    ------
    BadInput
        If the folder cannot be written, holds other results, is damaged, or is in use.
    """
    folder = folder.absolute()
    if os.path.exists(folder) and not folder.is_dir():
        raise BadInput(f"--out is {str(folder)!r}, a file; give a folder")
    config = folder / CONFIG
    if os.path.exists(config):
        _check_same(folder, read_config(folder), description)
    with _writing(folder):
        (folder / "parts").mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadInput(
                    f"{str(folder)!r} is in use by another command; wait for it, or stop it"
                ) from None
        kept = kept_in(folder, description, columns)
        with _writing(folder):
            if not config.exists():
                write_text(config, json.dumps({"description": description}, indent=1) + "\n")
            for path in kept.damaged:
                path.replace(path.with_suffix(".damaged"))
            for path in (folder / "parts").glob(".*"):  # what a killed sweep was writing
                path.unlink()
        yield kept
    finally:
        os.close(lock)


def read_config(folder: Path) -> dict[str, Any]:
    """Return what ``config.json`` says."""
    path = folder.absolute() / CONFIG
    if not os.path.isfile(path):
        raise BadInput(
            f"{str(path.parent)!r} holds no {CONFIG}; give the folder of a finished or stopped command"
        )
    try:
        config = json.loads(path.read_text())
        if not isinstance(config, dict):
            raise ValueError
    except (OSError, ValueError):
        raise BadInput(
            f"{str(path)!r} is damaged; delete that file and run the same command again: "
            "finished runs are kept"
        ) from None
    return config


def _parts(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "parts").glob("*.parquet") if not path.name.startswith("."))


def _check_same(folder: Path, config: dict[str, Any], description: Mapping[str, Any]) -> None:
    there = config.get("description")
    if not isinstance(there, dict):
        raise BadInput(f"--out is {str(folder)!r}, which holds another run; give a new or empty folder")
    names = sorted({*there, *description})
    differ = [n for n in names if fingerprint({n: there.get(n)}) != fingerprint({n: description.get(n)})]
    if differ:
        raise BadInput(
            f"--out is {str(folder)!r}, which holds another experiment: it differs in {', '.join(differ)}; give "
            "another folder, or go back to the experiment it holds"
        )


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn what a full or read-only disk raises into one line."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise BadInput(
            f"cannot write into {str(folder)!r}: {reason}; what finished before is kept: make room or give a "
            "writable folder, and run the same command again"
        ) from None
