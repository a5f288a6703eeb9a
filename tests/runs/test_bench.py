from __future__ import annotations

from runs.bench import enrichment_rows


def test_speed_rows_meet_their_targets():
    rows = enrichment_rows()
    large = [row for row in rows if row["n_publishers"] == 50]
    small = [row for row in rows if row["n_publishers"] == 6]
    assert {row["n_queries"] for row in large} == {500, 497}
    assert all(row["converged"] and row["seconds"] < 10 for row in large)
    assert all(row["seconds_per_step"] < 0.05 for row in small)
    assert all(row["converged"] for row in small if row["rule"] == "fair")
