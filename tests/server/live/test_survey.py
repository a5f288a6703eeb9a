"""The tour's survey."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.yardsticks.figure1 import Outcome, outcome
from ecosystem_server.live.survey import survey, table


def test_an_outcome_is_that_of_the_run():
    model = CreatorEconomy(environment="figure1", mechanism="halved", rng=3, horizon=40)
    model.run()
    one = outcome(3, mechanism="halved", horizon=40)
    gaps = np.linalg.norm(model.users[:, None] - model.strategies, axis=2)
    assert one == Outcome(
        served=int((gaps.min(axis=1) <= 0.3).sum()),
        at_centre=int((gaps[0] <= 0.3).sum()),
        welfare=pytest.approx(np.mean(model.datacollector.model_vars["welfare"][-4:])),
    )


def test_it_tells_after_each_seed_and_stops_when_asked():
    told: list[int] = []
    stop = threading.Event()

    def tell(outcomes) -> None:
        told.append(len(outcomes))
        if len(outcomes) == 2:
            stop.set()

    survey(5, tell, stop, steps=5)
    assert told == [1, 2]


def test_the_table_counts_by_hand():
    runs = [(Outcome(3, 2, 1.5), Outcome(5, 1, 1.9)), (Outcome(5, 1, 1.9), Outcome(4, 2, 1.7))]
    assert table(runs) == [
        ("all five users served", "50 %", "50 %"),
        ("two or more at the centre", "50 %", "50 %"),
        ("mean final welfare", "1.700", "1.800"),
        ("more welfare in B", "", "50 %"),
    ]
    assert table([]) == []
