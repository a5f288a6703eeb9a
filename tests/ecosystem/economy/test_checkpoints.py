"""A run that goes on from a checkpoint comes to the bits of one that was never interrupted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from ecosystem import CreatorEconomy, sizes
from ecosystem.economy.checkpoints import read_state, restore, state_of, stateful, write_state
from ecosystem_agents.creator import Creator
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import Terms, default_terms

SMALL = {"n_users": 90, "n_creators": 12, "K": 4, "n_groups": 5, "horizon": 24, "rng": 1}
WORLDS = {
    "lengths that change": {"mechanism": "hmt"},
    "sampled": {"mechanism": "smt", "matching": "sampled", "requests_per_trial": 20},
    "enriched": {"mechanism": "enrichment"},
    "swaps": {"schedule": "none@0,enrichment@7,hmt@9", "one_by_one": True, "trajectory": True},
    "rules": {"rules": "explore=5,still=2", "mechanism": "uir"},
    "lists that run dry": {"n_creators": 90, "K": 10, "mechanism": "hmt"},
    "all at once": {"order": "simultaneous", "pay_terms": "default", "mechanism": "hmt"},
    "contribution": {"reward": "contribution", "mechanism": "hmt_sharpness"},
}


def bits(model):
    collected = model.datacollector
    return (
        model.steps,
        model.strategies.tobytes(),
        model.weights.tobytes(),
        model.user_utilities.tobytes(),
        model._audience.of_users("epoch_means").tobytes(),
        model.creator_utilities.tobytes(),
        collected.get_model_vars_dataframe().to_numpy().tobytes(),
        *(collected.get_table_dataframe(name).to_csv() for name in ("groups", "strategies")),
    )


def interrupted(made, steps, tmp_path):
    """Make a model, let it take some steps, and let another one go on from there to the horizon."""
    first = made()
    first.run(steps)
    write_state(tmp_path / "0.npz", state_of(first))
    second = made()
    restore(second, read_state(tmp_path / "0.npz"))
    assert bits(second) == bits(first)
    second.run()
    return second


@pytest.mark.parametrize("world", WORLDS)
def test_it_goes_on_to_the_same_bits(world, tmp_path):
    def made():
        return CreatorEconomy(**(SMALL | WORLDS[world]))

    whole = made()
    whole.run()
    for steps in (1, 8, 10, 13):  # within epochs and at the end of one, before a swap and after it
        assert bits(interrupted(made, steps, tmp_path)) == bits(whole)


def test_a_catalogue_goes_on_to_the_same_bits(tmp_path):
    rng = np.random.default_rng(3)
    np.savez(tmp_path / "mine.npz", users=rng.normal(size=(70, 3)), items=rng.normal(size=(40, 3)))
    given = {"file": str(tmp_path / "mine.npz"), "n_creators": 8, "K": 3, "n_groups": 4, "eta": 0.3}

    def made():
        return CreatorEconomy(environment="embeddings", mechanism="hmt", horizon=20, rng=2, **given)

    whole = made()
    whole.run()
    assert (whole.strategies != whole.start).any()
    assert bits(interrupted(made, 7, tmp_path)) == bits(whole)


class Drawing(Creator):
    """Moves at random, by streams that nobody else draws from."""

    def step(self):
        child = self.model.stream_of("mine").spawn(1)[0]
        far = child.random() + self.model.rng.random() + self.model.random.random()
        self.model.move(self.index, self.strategy + 0.1 * far * self.model.direction_of(self.index))


class Patient(Creator):
    """Moves every so many steps, and counts them itself."""

    waited = 0

    def state(self):
        return {"waited": self.waited}

    def restore(self, state):
        self.waited = int(state["waited"])

    def step(self):
        self.waited += 1
        if self.waited % 3 == 0:
            super().step()


@dataclass
class Tiring:
    """Weights users less and less."""

    deployed: list = field(default_factory=list)

    def deploy(self, weights, beta, K, n_creators):
        self.deployed.append(weights.mean())
        default = default_terms(weights, beta, K, n_creators)
        return Terms(weights ** (1 / len(self.deployed)), default.beta, default.K)

    def state(self):
        return {"deployed": self.deployed}

    def restore(self, state):
        self.deployed = state["deployed"].tolist()


@pytest.mark.parametrize("given", [{"rules": Drawing}, {"rules": Patient}, {"mechanism": Tiring}])
def test_plug_ins_go_on_by_streams_and_by_a_state_of_their_own(given, tmp_path):
    def made():
        return CreatorEconomy(**(SMALL | {k: v() if v is Tiring else v for k, v in given.items()}))

    whole = made()
    whole.run()
    assert bits(interrupted(made, 8, tmp_path)) == bits(whole)
    assert len(list(stateful(whole))) == {Drawing: 0, Patient: 12, Tiring: 1}[next(iter(given.values()))]


def test_it_goes_on_in_any_number_of_shards(monkeypatch):
    monkeypatch.setattr(sizes, "TILE", 16)
    monkeypatch.setattr(sizes, "THREADED", 90)
    threads = iter((1, 3, 1, 2))
    monkeypatch.setattr("ecosystem.sharding.opening.threads", lambda: next(threads))
    for case in ({"mechanism": "enrichment"}, WORLDS["sampled"]):
        first, second = (CreatorEconomy(**SMALL, **case, user_agents=False) for _ in range(2))
        first.run(8)
        restore(second, state_of(first))
        assert len(first._audience.links) != len(second._audience.links)
        first.run()
        second.run()
        assert bits(second) == bits(first)


@pytest.mark.parametrize("other", [{"rng": 2}, {"n_users": 91}, {"n_creators": 13}, {"n_groups": 4}])
def test_another_world_is_refused(other):
    state = state_of(CreatorEconomy(**SMALL))
    with pytest.raises(BadInput, match=r"the same world"):
        restore(CreatorEconomy(**(SMALL | other)), state)


def test_a_state_with_less_in_it_is_refused():
    whole = state_of(CreatorEconomy(**SMALL))
    for name in set(whole) - {"terms.pay_beta", "terms.pay_K"}:
        with pytest.raises(BadInput, match="it is of another version"):
            restore(CreatorEconomy(**SMALL), {own: one for own, one in whole.items() if own != name})


def test_python_objects_are_neither_written_nor_read(tmp_path):
    model = CreatorEconomy(**SMALL, rules=Patient)
    model.creators[3].waited = [{}]
    with pytest.raises(BadInput, match=r"'rules3\.waited' holds Python objects"):
        state_of(model)
    np.savez(tmp_path / "x.npz", x=np.array([{}]))
    with pytest.raises(BadInput, match="holds no state"):
        read_state(tmp_path / "x.npz")


def test_what_users_collect_besides_comes_back_too():
    added = {
        "model_reporters": {
            "agents": lambda m: len(m.agents),
            "half": lambda m: m.steps / 2,
            "late": lambda m: np.bool_(m.steps > 3),
            "mechanism": lambda m: type(m.platform.mechanism).__name__,
        },
        "tables": {"seen": ["step", "who"]},
    }
    whole, first, second = (CreatorEconomy(**SMALL, **added) for _ in range(3))
    whole.run(9)
    first.run(5)
    first.datacollector.add_table_row("seen", {"step": 5, "who": "me"})
    restore(second, state_of(first))
    assert second.datacollector.tables["seen"] == {"step": [5], "who": ["me"]}
    second.run(4)
    series = [one.datacollector.get_model_vars_dataframe() for one in (whole, second)]
    assert series[0].equals(series[1])
    assert series[1]["half"].tolist() == [step / 2 for step in range(10)]


@pytest.mark.parametrize(
    "reporter",
    [
        lambda m: m.weights,
        lambda m: None,
        lambda m: [1] * (m.steps + 1),
        lambda m: m.steps or "none",
        lambda m: 2**70,
    ],
)
def test_what_a_state_cannot_keep_is_one_line(reporter):
    model = CreatorEconomy(**SMALL, model_reporters={"odd": reporter})
    model.run(2)
    with pytest.raises(
        BadInput, match=r"^the state's 'collected\.odd' holds Python objects; make it an array"
    ):
        state_of(model)


def test_a_state_keeps_no_reports_of_agents():
    state = state_of(CreatorEconomy(**SMALL))
    for added in (
        {"agent_reporters": {"pos": "pos"}},
        {"agenttype_reporters": {Creator: {"utility": "utility"}}},
    ):
        model = CreatorEconomy(**SMALL, **added)
        for ask in (lambda model=model: state_of(model), lambda model=model: restore(model, state)):
            with pytest.raises(BadInput, match="a state keeps no reports of agents; leave"):
                ask()
