from __future__ import annotations

import subprocess
import sys

import numpy as np

from ecosystem_runs.bench import enrichment_rows, peak_megabytes


def test_peak_memory_is_a_processs_own():
    ballast = np.ones(400 * 2**17)  # 400 MB
    assert peak_megabytes() > ballast.nbytes / 2**20
    child = "from ecosystem_runs.bench import peak_megabytes; print(peak_megabytes())"
    done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)
    assert 10 < float(done.stdout) < ballast.nbytes / 2**20


def test_speed_rows_meet_their_targets():
    rows = enrichment_rows()
    large = [row for row in rows if row["n_publishers"] == 50]
    small = [row for row in rows if row["n_publishers"] == 6]
    assert {row["n_queries"] for row in large} == {500, 497}
    assert all(row["converged"] and row["seconds"] < 10 for row in large)
    assert all(row["seconds_per_step"] < 0.05 for row in small)
    assert all(row["converged"] for row in small if row["rule"] == "fair")
