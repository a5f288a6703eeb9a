from __future__ import annotations

import subprocess
import sys

import numpy as np

from ecosystem_runs.bench import GAMES, peak_megabytes, played


def test_peak_memory_is_a_processs_own():
    ballast = np.ones(400 * 2**17)  # 400 MB
    assert peak_megabytes() > ballast.nbytes / 2**20
    child = "from ecosystem_runs.bench import peak_megabytes; print(peak_megabytes())"
    done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)
    assert 10 < float(done.stdout) < ballast.nbytes / 2**20


def test_games_settle_where_they_must():
    games = [(played(n, k, rule)[0], rule) for n, k, rule in GAMES]
    large = [model for model, _ in games if model.game.n_publishers == 50]
    fair = [model for model, rule in games if rule == "fair"]
    assert {model.game.n_queries for model in large} == {500, 497}
    assert fair
    assert all(model.converged for model in large + fair)
