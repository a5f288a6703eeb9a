"""Embeddings trained once, kept in the user's cache folder, and found again by name or by their data.

Each is a file named by an input digest, of the data and of how it was trained, with a checksum of its own in it; a
name, such as "movielens", is a small file beside them that says which digest it stands for.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path

import numpy as np
import platformdirs

from ecosystem.ratings.grouplens import WHERE_FROM, movielens_source
from ecosystem.ratings.table import TABLES, Ratings, Source, table_source
from ecosystem.ratings.training import MODELS, TrainingSettings, train
from ecosystem_agents.inputs.checks import BadInput, choice

FORMAT = 2
"""Changes when what is stored, or how it is trained, changes its meaning."""


@dataclass(frozen=True)
class Embeddings:
    """Trained embeddings and what the ratings say of users and items: ``users[j] @ items[i]`` predicts a rating."""

    users: np.ndarray  # (m, d)
    items: np.ndarray  # (k, d)
    user_ids: np.ndarray  # (m,)
    item_ids: np.ndarray  # (k,)
    user_counts: np.ndarray  # (m,) int, how many ratings each gave
    item_counts: np.ndarray  # (k,) int, and received
    titles: np.ndarray  # (k,) str
    rated: np.ndarray  # (r,) int, the items that were rated, user after user
    ratings: np.ndarray  # (r,) how they were
    input_digest: str  # of the data and the settings

    def mean_ratings(self, of: np.ndarray) -> np.ndarray:
        """Return each item's average rating by some users, an (m,) mask: (k,), -inf where none of them rated it."""
        theirs = np.repeat(of, self.user_counts)
        items, k = self.rated[theirs], len(self.items)
        sums, counts = np.bincount(items, self.ratings[theirs], k), np.bincount(items, minlength=k)
        return np.where(counts > 0, sums / np.maximum(counts, 1), -np.inf)


ARRAYS = tuple(field.name for field in fields(Embeddings) if field.name != "input_digest")


def cache_folder() -> Path:
    """Return where embeddings are kept; it need not exist."""
    try:
        folder = platformdirs.user_cache_path("creator-ecosystem") / "embeddings"
    except RuntimeError:  # no home folder; older versions of the library return one called "~"
        folder = Path("~")
    if folder.parts[0] == "~":
        raise BadInput("embeddings have no home folder to be kept in; set XDG_CACHE_HOME to a folder")
    return folder


def input_digest(source: Source, settings: TrainingSettings) -> str:
    """Return what identifies embeddings: the data's digest, the settings and the format."""
    text = json.dumps({"data": source.digest, "settings": asdict(settings), "format": FORMAT}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def source_of(path: str | Path) -> Source:
    """Return the ratings at `path`: a CSV or Parquet table by its ending, MovieLens otherwise."""
    return table_source(path) if Path(path).suffix.lower() in TABLES else movielens_source(path)


def prepared_already(source: Source, settings: TrainingSettings) -> Embeddings | None:
    """Return the embeddings of a source from the cache; None if they are not there, or not whole."""
    return _load(input_digest(source, settings))


def prepare(source: Source, settings: TrainingSettings, ratings: Ratings | None = None) -> Embeddings:
    """Return the embeddings of a source, from the cache or trained now and put there.

    `ratings` are what the source reads, where that was done already.
    """
    kept = prepared_already(source, settings)
    if kept is not None:
        return kept
    ratings = source.read() if ratings is None else ratings
    users, items = train(ratings, settings)
    by_user = np.argsort(ratings.user, kind="stable")
    fresh = Embeddings(
        users=users,
        items=items,
        user_ids=ratings.user_ids,
        item_ids=ratings.item_ids,
        user_counts=ratings.ratings_per_user(),
        item_counts=ratings.ratings_per_item(),
        titles=np.array(ratings.titles),
        rated=ratings.item[by_user].astype(np.int32),
        ratings=ratings.rating[by_user].astype(np.float32),
        input_digest=input_digest(source, settings),
    )
    about = {"settings": asdict(settings), "cornac": version("cornac")}
    arrays = {name: getattr(fresh, name) for name in ARRAYS} | {"about": np.array(json.dumps(about))}
    arrays["sha256"] = np.array(_sha256(fresh))
    try:
        _write(embeddings_file(fresh.input_digest), lambda file: np.savez(file, **arrays))
    except BadInput as error:
        warnings.warn(f"{error}: embeddings are trained anew each time", stacklevel=2)
    return fresh


def check_kept(name: str) -> None:
    """Raise BadInput unless embeddings can be kept under that name: better known before they are trained."""
    trial = _name_file(name).with_suffix(".trial")
    _write(trial, lambda file: None)
    trial.unlink(missing_ok=True)


def remember(name: str, embeddings: Embeddings) -> None:
    """Let `name` stand for these embeddings from now on."""
    text = json.dumps({"name": name, "input_digest": embeddings.input_digest}) + "\n"
    _write(_name_file(name), lambda file: file.write(text.encode()))


def kept_as(name: str, model: str) -> str:
    """Return the name under which embeddings of that model are kept: `name` itself for the first model."""
    model = choice("model", model, MODELS)
    return name if model == next(iter(MODELS)) else f"{name}-{model}"


def recall(name: str, model: str = "mf") -> Embeddings:
    """Return the embeddings that `name` stands for, made by that model.

    Raises
    ------
    BadInput
        If nothing was prepared under that name, or it is damaged; the line says how to prepare it.
    """
    fix = WHERE_FROM if name == "movielens" else f"run: ecosystem data ratings --path FILE --name {name}"
    fix, name = fix + ("" if model == "mf" else f" --model {model}"), kept_as(name, model)
    file = _name_file(name)
    if not file.is_file():
        raise BadInput(f"no ratings are prepared under the name {name!r}; {fix}")
    kept = _load(file_of_name(name).stem)
    if kept is None:
        raise BadInput(f"the embeddings kept under the name {name!r} are gone or damaged; {fix}")
    return kept


def file_of_name(name: str) -> Path:
    """Return the file of the embeddings that `name` stands for; where it stands for none, the name's own."""
    file = _name_file(name)
    try:
        said = json.loads(file.read_bytes())
        fits = said["name"] == name and re.fullmatch("[0-9a-f]{32}", said["input_digest"])
        return embeddings_file(said["input_digest"]) if fits else file
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return file


def embeddings_file(key: str) -> Path:
    """Return where the embeddings of that input_digest are kept."""
    return cache_folder() / f"{key}.npz"


def _name_file(name: str) -> Path:
    if not re.fullmatch("[a-z0-9][a-z0-9_-]{0,63}", str(name)):
        raise BadInput(
            f"name is {str(name)[:80]!r}; it must be lower-case letters, digits, - and _, such as books"
        )
    return cache_folder() / f"{name}.json"


def _load(key: str) -> Embeddings | None:
    """Return what is kept under that input_digest; None if there is nothing whole."""
    try:
        with np.load(embeddings_file(key), allow_pickle=False) as archive:
            kept = Embeddings(**{name: archive[name] for name in ARRAYS}, input_digest=key)
            return kept if str(archive["sha256"]) == _sha256(kept) else None
    except Exception:  # a cache that cannot be read is no cache: numpy and zipfile raise many kinds
        return None


def _sha256(embeddings: Embeddings) -> str:
    """Return the hash of all there is: a zip's own checksums miss what is cut from its arrays' shapes."""
    found = hashlib.sha256(embeddings.input_digest.encode())
    for name in ARRAYS:
        array = getattr(embeddings, name)
        found.update(f"{name} {array.dtype.str} {array.shape}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _write(path: Path, write: Callable[..., object]) -> None:
    """Write a file whole or not at all, whoever else writes it at the same time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
        try:
            with os.fdopen(handle, "wb") as file:
                write(file)
            os.replace(scratch, path)
        except BaseException:
            os.unlink(scratch)
            raise
    except OSError as error:
        raise BadInput(
            f"the cache folder {str(path.parent)!r} cannot be written ({error.strerror}); make it writable, "
            "or set XDG_CACHE_HOME to a folder that is"
        ) from None
