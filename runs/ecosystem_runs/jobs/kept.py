"""What jobs found, kept in a folder as they finish.

A folder holds ``config.json``, which says what the jobs are, and ``parts/``, Parquet files of finished jobs,
each written whole or not at all. Nothing is believed that changed since: a part's name, ``NUMBER-SHA256.parquet``,
has the hash of that number and its bytes. One that does not fit is put aside, and its jobs run again.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.digests.code import code
from ecosystem_runs.digests.hashes import digest_of
from ecosystem_runs.folders import CONFIG, sealed, unsealed, write_config, write_whole
from ecosystem_runs.jobs.made_by import begun, check_same, code_digests, mixed, mixed_line
from ecosystem_runs.jobs.queue import Done, by_machine
from ecosystem_runs.progress import tell

try:
    import fcntl
except ImportError:  # Windows: two sweeps in one folder waste work there, and nothing else
    fcntl = None  # type: ignore[assignment]

PARTS_MERGED_ABOVE = 200

_mixing: set[Path] = set()
"""Folders in which, and below which, this process may go on where other code began."""


@dataclass
class Kept:
    """Results in a folder."""

    folder: Path  # absolute
    schema: pa.Schema  # of a part: job, status, error, seconds, and the columns of results
    codes: Collection[str]  # code digests of whose parts are taken
    finished: dict[int, str] = field(default_factory=dict)  # "done" or "failed", of every job on disk
    unlucky: set[int] = field(default_factory=set)  # those of them that the machine failed: worth another try
    damaged: list[Path] = field(
        default_factory=list
    )  # parts that are not what was written; their jobs run again
    others: list[Path] = field(default_factory=list)  # those of them that are whole, and of other jobs
    stamp: int = 0  # number of the last part: of two results of a job the later counts

    def add(self, finished: Sequence[Done]) -> None:
        """Keep jobs that finished, in a part of their own; values are dataclasses or dicts of the columns."""
        rows: list[dict[str, Any]] = []
        for done in finished:
            status = "done" if done.error is None else "failed"
            row = {"job": done.index, "status": status, "error": done.error, "seconds": done.seconds}
            found = {} if done.value is None else done.value
            rows.append(row | (found if isinstance(found, dict) else vars(found)))
        with writing(self.folder):
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
            with writing(self.folder):
                self._write([rows[index] for index in sorted(rows)])
                for path in paths:
                    path.unlink()

    def write(self, name: str, write: Callable[[Path], Any]) -> None:
        """Write a file of the folder whole, such as a table made of the rows."""
        with writing(self.folder):
            write_whole(self.folder / name, write)

    def _write(self, rows: list[dict[str, Any]]) -> None:
        self.stamp += 1
        file = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows, self.schema), file)
        content, number = file.getvalue(), f"{self.stamp:08d}"
        sha256 = hashlib.sha256(number.encode() + content).hexdigest()
        write_whole(
            self.folder / "parts" / f"{number}-{sha256}.parquet", lambda path: path.write_bytes(content)
        )

    def _read(self) -> tuple[dict[int, dict[str, Any]], list[Path]]:
        """Read all parts in the order they were written, so that the later result of a job counts."""
        for patience in range(5, -1, -1):
            try:
                rows, paths = self._read_parts()
                break
            except FileNotFoundError:  # the sweep that is at work in the folder merged its parts meanwhile
                if not patience:
                    raise
        if lost := len(self.finished.keys() - rows.keys()):
            raise BadInput(
                f"{str(self.folder / 'parts')!r} was changed meanwhile: {lost} results are damaged or gone; run the "
                "same command again"
            )
        self.finished = {index: row["status"] for index, row in rows.items()}
        self.unlucky = {index for index, row in rows.items() if row["error"] and by_machine(row["error"])}
        return rows, paths

    def _read_parts(self) -> tuple[dict[int, dict[str, Any]], list[Path]]:
        rows: dict[int, dict[str, Any]] = {}
        paths = []
        self.damaged, self.others = [], []
        for path in _parts(self.folder):
            if not _is_whole(path):
                self.damaged.append(path)
                continue
            table = pq.ParquetFile(path).read()
            told, jobs = table.schema.metadata or {}, self.schema.metadata[b"jobs"]
            is_ours = told.get(b"jobs") == jobs and told.get(b"code", b"").decode() in self.codes
            if not (is_ours and table.schema.equals(self.schema)):
                self.others.append(path)
                self.damaged.append(path)
                continue
            self.stamp = max(self.stamp, int(path.name.partition("-")[0]))
            paths.append(path)
            rows |= {row["job"]: row for row in table.to_pylist()}
        return rows, paths


def kept_in(folder: Path, description: Mapping[str, Any], columns: Mapping[str, pa.DataType]) -> Kept:
    """Return what a folder holds of jobs of this description, without changing anything."""
    own = {"job": pa.int64(), "status": pa.string(), "error": pa.string(), "seconds": pa.float64()}
    schema = pa.schema(own | dict(columns), metadata={"jobs": digest_of(description), "code": code().digest})
    config = read_config(folder) if os.path.lexists(folder / CONFIG) else begun(description)
    kept = Kept(folder.absolute(), schema, code_digests(config))
    kept._read()
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
    is_new = not os.path.lexists(config)
    may_mix = not _mixing.isdisjoint((folder, *folder.parents))
    if not is_new:
        check_same(folder, read_config(folder), description, may_mix=may_mix)
    with writing(folder):
        (folder / "parts").mkdir(parents=True, exist_ok=True)
    with held(folder):
        if may_mix and not is_new:
            mix(folder)
        kept = kept_in(folder, description, columns)
        if is_new and kept.others:
            raise BadInput(
                f"{str(kept.others[0])!r} is a part of other results; move it away, or give another --out"
            )
        with writing(folder):
            if is_new:
                write_config(folder, begun(description))
            kept.damaged = [put_aside(path) for path in kept.damaged]
            for path in (folder / "parts").glob(".*.parquet-*"):  # what a killed sweep was writing
                path.unlink()
        if line := mixed_line(read_config(folder)):
            tell(f"{str(folder)!r} holds {line}")
        yield kept


def read_config(folder: Path) -> dict[str, Any]:
    """Return what ``config.json`` says."""
    path = folder.absolute() / CONFIG
    if not os.path.lexists(path):
        raise BadInput(
            f"{str(path.parent)!r} holds no {CONFIG}; give the folder of a finished or stopped command"
        )
    try:
        return unsealed(path.read_bytes() if path.is_file() else b"")
    except (OSError, ValueError):
        raise BadInput(
            f"{str(path)!r} is damaged, or not of this version; move it away and run the same command again, which "
            "keeps finished runs, or give another folder"
        ) from None


def let_mix(folder: Path, may_mix: bool) -> None:
    """Say whether this process may go on in a folder, and those below it, that other code began."""
    (_mixing.add if may_mix else _mixing.discard)(folder.absolute())


def mix(folder: Path) -> None:
    """Write into a folder that is held, and holds this experiment, that the code of this process goes on there."""
    with writing(folder):
        write_config(folder, mixed(read_config(folder)))


def _parts(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "parts").glob("*.parquet") if not path.name.startswith("."))


def _is_whole(path: Path) -> bool:
    """Whether a part is what was written under its name; FileNotFoundError if it is gone."""
    number, _, sha256 = path.stem.partition("-")
    path.lstat()
    try:
        if not path.is_file():  # nor a device or a pipe, which never ends
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.sha256(number.encode())).hexdigest() == sha256
    except FileNotFoundError:
        raise
    except OSError:
        return False


def put_aside(path: Path) -> Path:
    """Give a part that is not believed another name, and say so."""
    aside, k = path.with_suffix(".damaged"), 2
    while os.path.lexists(aside):
        aside, k = path.with_suffix(f".damaged-{k}"), k + 1
    path.rename(aside)
    tell(f"a part of the results was damaged, or is of others; put aside as {aside}, what it held runs again")
    return aside


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder alone, where its file system has locks; whoever is refused reads who holds it."""
    with writing(folder):
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, PermissionError):
                raise BadInput(
                    f"{str(folder)!r} is in use by another command{_holder(lock)}; wait for it, or stop it"
                ) from None
            except OSError as error:
                tell(f"no locks in {str(folder)!r} ({error.strerror}); run no other command there meanwhile")
        with suppress(OSError):  # who it is helps others, and is not needed
            os.ftruncate(lock, 0)
            os.pwrite(lock, sealed({"process": os.getpid(), "machine": platform.node()}).encode(), 0)
        yield
    finally:
        os.close(lock)


def _holder(lock: int) -> str:
    """Return who wrote a lock's file, as far as that can be known."""
    with suppress(OSError, ValueError, KeyError):
        holder = unsealed(os.pread(lock, 4096, 0))
        process, machine = holder["process"], holder["machine"]
        if machine == platform.node():
            with suppress(PermissionError):  # somebody else's process
                os.kill(process, 0)
        return f", process {process} on {machine}"
    return ""


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what a full or read-only disk raises into one line."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise BadInput(
            f"cannot write into {str(folder)!r}: {reason}; what finished before is kept: make room or give a "
            "writable folder, and run the same command again"
        ) from None
