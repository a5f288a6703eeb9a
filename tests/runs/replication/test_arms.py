from __future__ import annotations

import numpy as np

from ecosystem_runs.jobs.job import Job
from ecosystem_runs.replication.arms import ARMS, run_arm_unseen


def test_an_arm_copies_one_that_computes_its_own_weights():
    for arm in ARMS.values():
        assert arm.copies is None or ARMS[arm.copies].copies is None


def test_where_no_epoch_is_complete_weights_are_one_and_groups_are_those_of_the_last_step():
    job = Job({"environment": "figure1", "mechanism": "smt", "horizon": 10, "epoch_length": 20}, 0)
    found, model = run_arm_unseen(job), job.model()
    model.run()
    assert found.weights == [1.0] * 5
    assert found.utilities == model.group_utilities.tolist()
    np.testing.assert_allclose(found.utilities_default, model.default_utilities)  # a group is a user here
