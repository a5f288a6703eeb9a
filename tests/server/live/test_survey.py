"""The tour's survey."""

from __future__ import annotations

import threading

from ecosystem_server.live.outcomes import USUAL, End
from ecosystem_server.live.survey import survey, table


def test_it_tells_after_each_seed_and_stops_when_asked():
    told: list[list] = []
    stop = threading.Event()

    def tell(runs) -> None:
        told.append(runs)
        if len(runs) == 2:
            stop.set()

    survey(lambda seed: (End(seed, 5, 0, 1.0),), 5, tell, stop)
    assert [[ends[0].served for ends in runs] for runs in told] == [[0], [0, 1]]


def test_the_table_counts_by_hand():
    runs = [(End(3, 5, 2, 1.5), End(5, 5, 1, 1.9)), (End(5, 5, 1, 1.9), End(4, 5, 2, 1.75))]
    counted = (("all served", lambda end: end.served == end.places), *USUAL)
    assert table(runs, counted) == [
        ["all served", "50 %", "50 %"],
        ["served, of all five", "4", "4.5"],
        ["at the centre", "1.5", "1.5"],
        ["welfare", "1.70", "1.82"],
    ]
    assert table(runs[:1], counted)[0] == ["all served", "no", "yes"]
    assert table([], counted) == []
