"""The tour's survey."""

from __future__ import annotations

import threading

import numpy as np

from ecosystem_server.limits import OWN_MACHINE
from ecosystem_server.live.outcomes import USUAL, End
from ecosystem_server.live.setting import FORK, Change, Setting
from ecosystem_server.live.survey import played, survey, table


def test_it_tells_after_each_seed_and_stops_when_asked():
    told: list[list] = []
    stop = threading.Event()

    def tell(runs) -> None:
        told.append(runs)
        if len(runs) == 2:
            stop.set()

    survey(lambda seed: (End(seed, 5, 0, 1.0),), 5, tell, stop)
    assert [[ends[0].served for ends in runs] for runs in told] == [[0], [0, 1]]


def test_a_setting_is_played_with_what_was_changed_on_the_way():
    changes = (Change(3, "a", "eta", 0.5), Change(5, "b", FORK), Change(6, "b", "mechanism", "hmt"))
    setting = Setting(seed=4, step=8, arms=({},), changes=changes)
    found = played(setting, OWN_MACHINE)
    forked = setting.model(0, OWN_MACHINE)
    forked.run(3)
    forked.eta = 0.5
    forked.run(2)
    kept = played(Setting(seed=4, step=8, arms=({},), changes=changes[:1]), OWN_MACHINE)[0]
    for model in found:
        assert (model.steps, model.eta) == (8, 0.5)
    assert [type(model.platform.mechanism).__name__ for model in found] == ["NoIntervention", "HMT"]
    np.testing.assert_array_equal(found[0].strategies, kept.strategies)
    forked.run(3)
    np.testing.assert_array_equal(found[0].strategies, forked.strategies)


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
