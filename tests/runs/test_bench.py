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


def test_games_meet_their_targets():
    games = [played(n, k, rule) for n, k, rule in GAMES]
    large = [(model, seconds) for model, seconds in games if model.game.n_publishers == 50]
    small = [(model, seconds) for model, seconds in games if model.game.n_publishers == 6]
    assert {model.game.n_queries for model, _ in large} == {500, 497}
    assert all(model.converged and seconds < 10 for model, seconds in large)
    assert all(seconds / max(len(model.history), 1) < 0.05 for model, seconds in small)
    fair = [model for (*_, rule), (model, _) in zip(GAMES, games, strict=True) if rule == "fair"]
    assert fair
    assert all(model.converged for model in fair)
