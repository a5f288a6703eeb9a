from __future__ import annotations

from ecosystem_runs.replication.arms import ARMS


def test_an_arm_copies_one_that_computes_its_own_weights():
    for arm in ARMS.values():
        assert arm.copies is None or ARMS[arm.copies].copies is None
