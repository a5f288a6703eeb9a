from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from ecosystem_runs.bench import CLIPPED, GAMES, Tenth, measured_apart, peak_megabytes, played, run_for


def test_peak_memory_is_a_processs_own():
    ballast = np.ones(400 * 2**17)  # 400 MB
    assert peak_megabytes() > ballast.nbytes / 2**20
    child = "from ecosystem_runs.bench import peak_megabytes; print(peak_megabytes())"
    done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)
    assert 10 < float(done.stdout) < ballast.nbytes / 2**20


def test_games_settle_where_they_must():
    fair = [(n, k) for n, k, rule in GAMES if rule == "fair"]
    assert fair
    assert all(played(n, k, "fair")[0].converged for n, k in fair)


@pytest.mark.slow
def test_large_games_settle():
    large = [(n, k, rule) for n, k, rule in GAMES if n == 50]
    assert {k for _, k, _ in large} == {500, 497}
    assert all(played(*game)[0].converged for game in large)


def test_in_the_clipped_world_most_kth_relevances_are_0():
    model = run_for(3, environment=CLIPPED)
    ordered = np.sort(model.market.relevance(model.users, model.strategies), axis=1)
    assert (ordered[:, -model.K] == 0).mean() > 0.5
    assert (ordered[:, -1] > 0).mean() > 0.5  # and yet most users are served


def test_a_world_is_measured_in_a_process_of_its_own():
    parameters = {"n_users": 300, "n_creators": 20, "lbr_evaluation": "projected"}
    seconds, megabytes = measured_apart(1, parameters, threads=2, clock="perf_counter")
    assert 0 < seconds < 5
    assert 50 < megabytes < 1000


def test_a_tenth_is_those_paid_least_every_25_steps():
    pay = np.arange(20.0)[::-1]
    left = {step: np.flatnonzero(Tenth().exits(step, 100, pay, np.zeros(20))).tolist() for step in (24, 25)}
    assert left == {24: [], 25: [18, 19]}
