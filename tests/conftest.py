"""Settings all tests share."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# The first example of a compiled function may compile it; no deadline could be fair.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


# Commands that tests start are this checkout's, wherever they run.
ROOT = Path(__file__).parents[1]
ROOTS = [str(ROOT / folder) for folder in ("", "agents", "runs", "server")]
os.environ["PYTHONPATH"] = os.pathsep.join([*ROOTS, *filter(None, [os.environ.get("PYTHONPATH")])])

pytest_plugins = [
    "dashboard",
    "dask_clusters",
    "visitor",
]  # a served page, visitors of it and a browser, and Dask clusters, where tests need them

# A shell that starts tests in the background ignores Ctrl-C for them; the commands they test must not inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# So does nohup, of a terminal that is closed.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Keep embeddings in a folder of this test's, not in the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "creator-ecosystem" / "embeddings"


@pytest.fixture(scope="session")
def movielens_folder(tmp_path_factory):
    """Write made-up ratings in GroupLens' layout: 90 users, 120 movies, tastes of rank two."""
    rng = np.random.default_rng(5)
    taste, kind = rng.standard_normal((90, 2)), rng.standard_normal((120, 2))
    liked = 3.4 + taste @ kind.T + 0.5 * rng.standard_normal(120) + 0.3 * rng.standard_normal((90, 120))
    rated = rng.random((90, 120)) < rng.uniform(0.2, 0.9, (90, 1)) * rng.uniform(0.4, 1.0, 120)
    stars = np.clip(np.rint(liked), 1, 5).astype(int)
    folder = tmp_path_factory.mktemp("movielens") / "ml-1m"
    folder.mkdir()
    pairs = np.argwhere(rated)
    lines = [f"{u + 1}::{3 * i + 1}::{stars[u, i]}::978300760" for u, i in pairs]
    (folder / "ratings.dat").write_text("\n".join(lines) + "\n")
    titles = [f"{3 * i + 1}::Café {i} (1999)::Drama|War" for i in range(120)]
    (folder / "movies.dat").write_bytes(("\n".join(titles) + "\n").encode("latin-1"))
    (folder / "users.dat").write_text("".join(f"{u + 1}::F::25::15::55117\n" for u in range(90)))
    return folder


@pytest.fixture(scope="session")
def real_movielens():
    """Find the real MovieLens-1M, where its path is given."""
    path = os.environ.get("ECOSYSTEM_MOVIELENS")
    if not path:
        pytest.skip("ECOSYSTEM_MOVIELENS is not set to a path of MovieLens-1M (zip or folder)")
    return path


class Printed(NamedTuple):
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch, capsys):
    """Call ``ecosystem`` with these words."""

    from ecosystem_runs.command_line import main

    def call(*words: object) -> Printed:
        monkeypatch.setattr(sys, "argv", ["ecosystem", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Printed(code, out, err)

    return call
