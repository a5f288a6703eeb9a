"""Runs of arms, paired by seed: what copies comes last and gets the weights of its own seed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.paired.arms import Arm, ArmRun, cells_of, recorded, run_cells

ARMS = {
    "control": Arm("control", "smt_sharpness", copies="smt"),
    "frozen": Arm("frozen", "smt", copies="smt", frozen=True),
    "none": Arm("no intervention", "none", settings={"K": 3}),
    "smt": Arm("SMT", "smt"),
}


@dataclass(frozen=True)
class Told(ArmRun):
    told: str


def told(job):
    """Give back what the job says, with two epochs of weights that tell seeds apart."""
    mechanism, horizon, k = (job.parameters.get(name) for name in ("mechanism", "horizon", "K"))
    text = f"{mechanism} {horizon} {k} {job.seed} {job.weights}"
    return Told([0.5], [0.5], [1.0, 2.0, 3.0 + job.seed, 4.0], [7, 5], text)


def test_what_copies_comes_last_and_follows_its_own_seed(tmp_path):
    seen = []

    class Watched(InProcess):
        def run(self, function, jobs):
            seen.extend(job.parameters["mechanism"] for job in jobs)
            return super().run(function, jobs)

    cells = cells_of("a", {"K": 9}, ARMS, range(2), 20)
    assert [(cell.arm, cell.seed) for cell in cells[:3]] == [("control", 0), ("control", 1), ("frozen", 0)]
    found = run_cells(cells, ARMS, told, Told, {"experiment": "told"}, tmp_path, Watched(), quiet=True)
    assert seen == ["none"] * 2 + ["smt"] * 2 + ["smt_sharpness"] * 2 + ["smt"] * 2
    texts = {arm: [row.told for row in rows] for (_, arm), rows in found.items()}
    assert texts == {
        "none": ["none 20 3 0 None", "none 20 3 1 None"],
        "smt": ["smt 20 9 0 None", "smt 20 9 1 None"],
        "control": [
            "smt_sharpness 20 9 0 [[1.0, 2.0], [3.0, 4.0]]",
            "smt_sharpness 20 9 1 [[1.0, 2.0], [4.0, 4.0]]",
        ],
        "frozen": ["smt 20 9 0 [[3.0, 4.0]]", "smt 20 9 1 [[4.0, 4.0]]"],
    }


def test_a_failed_run_is_named_and_nothing_copies_it(tmp_path):
    def fails(job):
        if job.parameters["mechanism"] == "smt" and job.seed == 1:
            raise RuntimeError("no luck")
        return told(job)

    cells = cells_of("a", {}, ARMS, range(2), 20)
    with pytest.raises(BadInput, match=r"1 runs failed, first a, smt, seed 1: RuntimeError: no luck"):
        run_cells(cells, ARMS, fails, Told, {"experiment": "told"}, tmp_path, InProcess(), quiet=True)


@pytest.mark.parametrize(
    ("failing", "then"),
    [
        (("smt", 1), [("smt", 1), ("smt_sharpness", 0), ("smt_sharpness", 1), ("smt", 0), ("smt", 1)]),
        (("smt_sharpness", 1), [("smt_sharpness", 1)]),
    ],
)
def test_what_the_machine_failed_runs_again_once(tmp_path, failing, then):
    ran = []

    def go(error=None):
        def run(job):
            ran.append((job.parameters["mechanism"], job.seed))
            if error and ran[-1] == failing:
                raise error
            return told(job)

        cells = cells_of("a", {}, ARMS, range(2), 20)
        return run_cells(cells, ARMS, run, Told, {"experiment": "told"}, tmp_path, InProcess(), quiet=True)

    with pytest.raises(BadInput, match=r"1 runs failed, first a, .*MemoryError: ; the same command tries"):
        go(MemoryError())
    ran.clear()
    go()
    assert ran == then


SMALL = {"environment": "synthetic", "n_users": 60, "n_creators": 12, "n_groups": 4, "K": 6, "alpha": 5}


@pytest.mark.parametrize(
    ("horizon", "epochs"),
    [(14, 3), (15, 3), pytest.param(4, 1, id="no epoch is complete")],
)
def test_a_control_is_as_sharp_as_what_it_copies_in_every_step(horizon, epochs):
    own = Job(SMALL | {"mechanism": "smt", "horizon": horizon}, 0).model()
    sharpness = [own.market.beta.mean()]
    for _ in range(horizon):
        own.step()
        sharpness.append(own.market.beta.mean())
    copied = ArmRun(**recorded(own)).weights_by_epoch()
    assert copied.shape == (epochs, 4)
    assert (copied[0] == 1).all()
    control = Job(SMALL | {"mechanism": "smt_sharpness", "horizon": horizon}, 0, copied.tolist()).model()
    # What is deployed behind the last step is in force in none.
    for step in range(horizon):
        assert control.market.beta.mean() == pytest.approx(sharpness[step], rel=1e-12), step
        control.step()
