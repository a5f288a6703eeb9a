"""The experiment: arms that share nothing, streams that do not mix, arms by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.shortvideo.days import ClosedLoop
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import HMT, NoIntervention, mechanism_of
from ecosystem_runs.abtest.arms import mechanism_of_arm
from ecosystem_runs.abtest.experiment import Experiment, prepare_world, run_experiment
from ecosystem_runs.abtest.readout import pack, unpack
from ecosystem_runs.jobs.kept import Kept

SMALL = {"users": 100, "days": 3, "burn_in": 3, "min_group": 5}


@settings(max_examples=15)
@given(st.integers(0, 2**40), st.integers(2, 4), st.integers(0, 3))
def test_arms_never_share_a_user_a_creator_or_an_item(seed, n_arms, replicate):
    experiment = Experiment(arms=("none", "hmt_table1", "hmt_table1", "smt")[:n_arms], seed=seed, **SMALL)
    population, shares, streams = prepare_world(experiment, replicate)
    loops = [
        ClosedLoop(population, *pair, experiment.settings, s)
        for *pair, s in zip(shares, streams, strict=True)
    ]
    items = []
    for arm in loops:
        arm.run(3)
        made = arm.contents.items.vector[: arm.contents.count]
        items += [vector.tobytes() for vector in made]  # a continuous draw each: equal only if the same
        assert arm.contents.items.impressions.sum() > 0
        assert not arm.contents.items.impressions[arm.contents.count :].any()
    assert len(set(items)) == len(items)
    for part in ("users", "creators"):
        people = np.concatenate([getattr(share, part) for share in shares])
        assert len(np.unique(people)) == len(people)


def same(one, two):
    return all((a[k] == b[k]).all() for a, b in ((one.users, two.users), (one.days, two.days)) for k in a)


def test_an_arm_does_not_feel_what_the_others_do_nor_how_many_threads_run_them():
    worlds = [
        run_experiment(Experiment(arms=arms, seed=3, **SMALL), threads=threads)[0]
        for arms, threads in ((("none", "hmt_table1"), 2), (("none", "percentiles(values=[0.2])"), 1))
    ]
    assert same(worlds[0].readouts[0], worlds[1].readouts[0])
    assert not same(worlds[0].readouts[1], worlds[1].readouts[1])


def test_worlds_differ_and_do_not_depend_on_how_many_there_are():
    few, many = (run_experiment(Experiment(replicates=r, seed=1, **SMALL)) for r in (1, 2))
    assert same(few[0].readouts[1], many[0].readouts[1])
    assert not same(many[0].readouts[1], many[1].readouts[1])


def test_arms_by_name():
    def share(arm, weights=(0.5, 1.0, 1.5)):
        return mechanism_of_arm(arm).deploy(np.array(weights), 0.1, 100, 10_000).K.tolist()

    assert isinstance(mechanism_of_arm("none"), NoIntervention)
    assert share("none") == [100, 100, 100]
    assert share("hmt_table1") == [100, 500, 1000]
    assert share("hmt") == [50, 100, 150]
    assert share("percentiles(values=[0.9])") == [1000, 1000, 1000]
    assert share("percentiles(values=[0.99, 0.5], edges=[1.2])") == [100, 100, 5000]
    assert mechanism_of_arm("uniform(K=4)") == mechanism_of("uniform(K=4)")
    own = Experiment(arms=("none", "mine"), mechanisms={"mine": HMT()}, **SMALL)
    assert own.mechanism("mine") == HMT()
    assert Experiment(arms=("none", "none")).labels == ["none", "none-2"]


@pytest.mark.parametrize(
    ("arm", "says"),
    [
        ("hnt", "arm is 'hnt'.*did you mean 'hmt'"),
        ("control", "arm is 'control'; it must be one of none, "),
        ("halved", "arm is 'halved'"),
        ("hmt=scaled", "arm is 'hmt=scaled'; write a name"),
        ("percentiles", "needs the argument values"),
        ("percentiles(values=0.9)", "values of percentiles is 0.9; it must be a list"),
        ("percentiles(values=[2])", "a percentile is 2"),
        ("percentiles(values=['x'])", "a percentile is 'x'"),
        ("percentiles(values=[0.9], edges=[1])", "1 edges and 1 values"),
        ("percentiles(values=[0.9, 0.8, 0.7], edges=[2, 1])", "must increase"),
    ],
)
def test_unknown_arms_get_one_line(arm, says):
    with pytest.raises(BadInput, match=says):
        Experiment(arms=("none", arm))


def test_a_mechanism_with_items_of_its_own_is_refused(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from ecosystem_agents.mechanisms import Enrichment\n\n\nclass More(Enrichment):\n    pass\n"
    )
    for name, shown in (
        ("enrichment", "Enrichment"),
        ("enrichment(count=2)", "Enrichment"),
        (f"{file}:More", "More"),
    ):
        with pytest.raises(BadInput, match=f"mechanism {shown} shows static items, and"):
            Experiment(arms=("none", name))
    with pytest.raises(BadInput, match="choose one without static_items"):
        Experiment(arms=("none", "mine"), mechanisms={"mine": mechanism_of("enrichment")})
    experiment = Experiment(**SMALL)
    population, shares, streams = prepare_world(experiment, 0)
    loop = ClosedLoop(population, shares[0], experiment.settings, streams[0])
    with pytest.raises(BadInput, match="static items"):
        loop.start(mechanism_of("enrichment"))


def test_an_experiment_needs_two_arms():
    with pytest.raises(BadInput, match="at least two"):
        Experiment(arms=("none",))


def test_a_file_lends_three_per_cent_an_arm(tmp_path):
    file = tmp_path / "mine.npz"
    rng = np.random.default_rng(0)
    np.savez(file, users=rng.standard_normal((2000, 4)), groups=rng.integers(3, size=2000))
    experiment = Experiment(population=file, days=2, burn_in=2, min_group=5)
    population, shares, _ = prepare_world(experiment, 0)
    assert [len(s.users) for s in shares] == [60, 60]
    assert [len(s.creators) for s in shares] == [6, 6]
    assert population.n_groups == 3
    (world,) = run_experiment(experiment)
    assert world.readouts[1].users["likes"].sum() > 0


def test_a_readout_is_kept_to_the_last_bit():
    (world,) = run_experiment(Experiment(**SMALL))
    one = world.readouts[1]
    other = unpack(pack(one))
    assert vars(one).keys() == vars(other).keys()
    for table in vars(one):
        ours, theirs = getattr(one, table), getattr(other, table)
        assert list(ours) == list(theirs)
        for name, column in ours.items():
            assert column.dtype == theirs[name].dtype
            np.testing.assert_array_equal(column, theirs[name])


def test_ctrl_c_ends_arms_within_a_day(monkeypatch):
    passed = []

    def interrupted(kept, finished):
        raise KeyboardInterrupt

    def counted(self, period, once=ClosedLoop._pass_day):
        passed.append(self)
        once(self, period)

    monkeypatch.setattr(ClosedLoop, "_pass_day", counted)
    monkeypatch.setattr(Kept, "add", interrupted)
    experiment = Experiment(arms=("none",) * 4, users=100, days=200, burn_in=14)
    with pytest.raises(KeyboardInterrupt):
        run_experiment(experiment, threads=1)
    # One arm was through, one perhaps under way; the others never began, or never passed a day.
    assert 214 <= len(passed) < 2 * 214


def test_a_world_is_drawn_once_whatever_the_number_of_threads(monkeypatch):
    drawn = []

    def counted(experiment, replicate):
        drawn.append(replicate)
        return prepare_world(experiment, replicate)

    monkeypatch.setattr("ecosystem_runs.abtest.experiment.prepare_world", counted)
    worlds = run_experiment(Experiment(replicates=3, **SMALL), threads=2)
    assert drawn == [0, 1, 2]
    assert worlds[2].population.n_groups >= 0
    assert drawn == [0, 1, 2, 2]
