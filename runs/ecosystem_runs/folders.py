"""Folders of results: which one, and files in it whole or not at all.

Two kinds of command write results. One that ends in a breath or keeps nothing on the way takes a new folder
(`choose_folder`), whose files appear together at the end (`whole_folder`). One that takes long has a folder of its
own (`own_folder`), where jobs are kept as they finish (`ecosystem_runs.jobs.kept`) and each file is replaced whole
(`write_whole`): given again, it goes on there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.digests.hashes import digest_of

CONFIG = "config.json"
"""What was run; written last, so that a folder that has it is whole."""
CHECKPOINTS = "checkpoints"
"""What a run that was stopped goes on from; gone once its results are there."""


def choose_folder(out: Path | None, name: str) -> Path:
    """Return the absolute folder for a run's results, which is not made yet: `out`, if it will do for new results.

    By default it is a new one under ``./results/``, called `name`, with a number where that exists.
    """
    folder = Path.cwd() / "results" / name if out is None else out.absolute()
    try:
        folder.exists()
    except OSError as error:
        raise BadInput(
            f"--out is {str(folder)!r}, which cannot be ({error.strerror}); give another"
        ) from None
    if out is None:
        root, k = folder.parent, 2
        while folder.exists():
            folder, k = root / f"{name}-{k}", k + 1
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--out is {str(folder)!r}, a file; give a folder")
    if (folder / CHECKPOINTS).exists():
        raise BadInput(
            f"--out is {str(folder)!r}, which holds a run that was stopped; go on with it by --resume"
        )
    if (folder / CONFIG).exists():
        raise BadInput(f"--out is {str(folder)!r}, which holds another run; give a new or empty folder")
    above = folder
    while not above.exists():
        above = above.parent
    try:  # os.access says yes to root everywhere, in /proc too
        os.rmdir(tempfile.mkdtemp(prefix=".ecosystem-", dir=above))
    except OSError:
        raise BadInput(
            f"--out is {str(folder)!r} and {str(above)!r} cannot be written; give a writable folder"
        ) from None
    return folder


def file_name(text: str) -> str:
    """Return a name of the catalogue as part of a file's name: ``mine.py:Quota(K=4)`` as ``Quota-K-4``."""
    name = re.sub(r"^[^()]*\.py:", "", text)
    return re.sub(r"[^\w.]+", "-", name).strip("-")


def own_folder(name: str, description: Mapping[str, Any]) -> Path:
    """Return the folder under ``./results/`` of whatever has this description: the same one goes on there."""
    return Path.cwd() / "results" / f"{name}-{digest_of(description)[:8]}"


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a scratch folder whose files appear in `folder` together, once the context ends without an error."""
    scratch = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # In the folder itself where it exists: only that one was tried, and it may be a disk of its own.
        beside = folder if folder.is_dir() else folder.parent
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name[:50]}-", dir=beside))
        yield scratch
        folder.mkdir(exist_ok=True)
        # The config last: it marks a run.
        for path in sorted(scratch.iterdir(), key=lambda path: path.name == CONFIG):
            path.replace(folder / path.name)
    except OSError as error:
        raise BadInput(
            f"cannot write into {str(folder)!r}: {error.strerror or error}; make room, or give another --out"
        ) from None
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a scratch file and put it in the place of `path`: all of it, on disk, or nothing."""
    scratch = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        write(scratch)
        with scratch.open("rb") as file:
            os.fsync(file.fileno())
        scratch.replace(path)
    except BaseException:
        with suppress(OSError):
            scratch.unlink()
        raise
    with suppress(OSError):  # where a folder cannot be opened, its entry cannot be forced to disk
        entry = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)


def write_text(path: Path, text: str) -> None:
    """Put a text in the place of `path`: all of it, on disk, or nothing."""
    write_whole(path, lambda scratch: scratch.write_text(text))


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Put what was run in the place of a folder's ``config.json``, with a checksum of itself."""
    write_text(folder / CONFIG, sealed(config))


def sealed(content: Mapping[str, Any]) -> str:
    """Return JSON with a checksum of what it says in it."""
    plain = json.loads(json.dumps(content, default=str))
    return json.dumps(plain | {"checksum": digest_of(plain)}, indent=2) + "\n"


def unsealed(text: bytes) -> dict[str, Any]:
    """Return what was sealed, the checksum left out; ValueError if it is not what was."""
    try:
        content: dict[str, Any] = json.loads(text)
        if content.pop("checksum") == digest_of(content):
            return content
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        pass
    raise ValueError("the checksum does not fit")
