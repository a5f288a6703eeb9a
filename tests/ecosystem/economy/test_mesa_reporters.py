"""What users collect adds to the built-in series, and is what agents and the model were at that step."""

from __future__ import annotations

import copy
import pickle

import mesa
import numpy as np
import pandas as pd
import pytest

from ecosystem import CreatorEconomy, batch
from ecosystem.economy.collection import SERIES
from ecosystem_agents.creator import Creator, StillCreator
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.platform import Platform
from ecosystem_agents.user import User

SMALL = {"n_users": 30, "n_creators": 6, "K": 3, "n_groups": 3, "rng": 0}


def small(**changes):
    return CreatorEconomy(**(SMALL | changes))


def agents_of(model, kind):
    return [agent for agent in model.agents if isinstance(agent, kind)]


def doubled(agent, factor):
    return factor * agent.utility


def test_by_default_no_agent_is_asked():
    collector = small().datacollector
    assert not collector.agent_reporters
    assert not collector.agenttype_reporters
    assert tuple(collector.model_vars) == SERIES
    assert list(collector.tables) == ["groups", "strategies"]


def test_agents_of_all_types_are_asked_and_who_has_nothing_to_say_says_so():
    model = small(agent_reporters={"utility": "utility", "kind": lambda agent: type(agent).__name__})
    expected = []
    for step in range(4):
        if step:
            model.step()
        expected.append({a.unique_id: a.utility for a in agents_of(model, (Creator, User))})
    table = model.datacollector.get_agent_vars_dataframe()
    assert len(table) == 4 * (6 + 30 + 1)
    for step, utilities in enumerate(expected):
        rows = table.loc[step]
        assert rows["utility"].dropna().to_dict() == utilities
        assert rows.index[rows["utility"].isna()].tolist() == [agents_of(model, Platform)[0].unique_id]
    assert table.loc[0, "kind"].value_counts().to_dict() == {"User": 30, "Creator": 6, "Platform": 1}
    users = table.loc[3].query("kind == 'User'")["utility"]
    assert users.tolist() == model.user_utilities.tolist()


def test_reports_are_copies():
    """Mesa 3.3 keeps what it is given."""

    class Diary(Creator):
        def __init__(self, model, index):
            super().__init__(model, index)
            self.path, self.pages = np.zeros(2), []

        def step(self):
            self.path += 1
            self.pages.append(self.model.steps)

    reporters = {"path": "path", "pages": lambda agent: getattr(agent, "pages", None)}
    model = small(rules=Diary, agent_reporters=reporters, agenttype_reporters={Diary: {"path": "path"}})
    model.run(3)
    one = model.creators[0].unique_id
    for table in (
        model.datacollector.get_agent_vars_dataframe(),
        model.datacollector.get_agenttype_vars_dataframe(Diary),
    ):
        assert [table.loc[(step, one), "path"].tolist() for step in range(4)] == [[s, s] for s in range(4)]
    pages = model.datacollector.get_agent_vars_dataframe()["pages"]
    assert [pages.loc[(step, one)] for step in range(4)] == [[], [1], [1, 2], [1, 2, 3]]


def test_agents_of_one_type_and_functions_with_parameters():
    reporters = {"twice": [doubled, [2]]}
    model = small(rules="still=2", agenttype_reporters={StillCreator: reporters, User: {"group": "group"}})
    model.run(2)
    table = model.datacollector.get_agenttype_vars_dataframe(StillCreator)
    assert table.loc[2, "twice"].tolist() == [2 * creator.utility for creator in model.creators[:2]]
    groups = model.datacollector.get_agenttype_vars_dataframe(User)
    assert groups.loc[1, "group"].tolist() == model.groups.tolist()


def test_model_reporters_and_tables_stand_beside_our_own():
    added = {"total": "n_users", "first": lambda model: model.strategies[0, 0]}
    model = small(model_reporters=added, tables={"remarks": ["step", "text"]})
    plain = small()
    for one in (model, plain):
        one.run(4)
    series = model.datacollector.get_model_vars_dataframe()
    assert series[list(SERIES)].equals(plain.datacollector.get_model_vars_dataframe())
    assert series["total"].tolist() == [30] * 5
    assert series["first"].iloc[-1] == model.strategies[0, 0]
    model.datacollector.add_table_row("remarks", {"step": 4, "text": "enough"})
    assert model.datacollector.get_table_dataframe("remarks").to_dict("list") == {
        "step": [4],
        "text": ["enough"],
    }
    assert set(model.datacollector.tables) == {"groups", "strategies", "remarks"}


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_goes_on_collecting(copied):
    model = small(agent_reporters={"pos": "pos", "twice": [getattr, ["utility", None]]})
    twin = copied(model)
    for one in (model, twin):
        one.run(2)
    tables = [one.datacollector.get_agent_vars_dataframe() for one in (model, twin)]
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.parametrize(
    ("added", "named"),
    [
        ({"model_reporters": {"welfare": "K"}}, "model_reporters has 'welfare', which is collected already"),
        ({"tables": {"groups": ["a"]}}, "tables has 'groups', which is collected already; choose another"),
        (
            {"model_reporters": ["welfare"]},
            r"model_reporters is \['welfare'\]; it must be a mapping by names",
        ),
        ({"agent_reporters": "utility"}, r"agent_reporters is 'utility'; .*for mesa.batch_run, in a list"),
        ({"agent_reporters": {"u": "utlity"}}, "asks for 'utlity', an attribute of none; correct it"),
        (
            {"model_reporters": {"w": "welfar"}},
            "model_reporters asks for 'welfar', an attribute of none",
        ),
        (
            {"agent_reporters": {"u": None}},
            "agent_reporters has None for 'u'; it must be an attribute's name",
        ),
        ({"agent_reporters": {"u": [3, 4]}}, r"agent_reporters has \[3, 4\] for 'u'"),
        ({"agent_reporters": {3: "utility"}}, "agent_reporters has 'utility' for 3"),
        (
            {"agenttype_reporters": {"User": {}}},
            "agenttype_reporters has 'User'; it must be a class of agents",
        ),
        (
            {"agenttype_reporters": {User: "utility"}},
            "agenttype_reporters of User is 'utility'; it must be a",
        ),
        (
            {"agenttype_reporters": {User: {"s": "strategy"}}},
            "agenttype_reporters of User asks for 'strategy'",
        ),
        ({"agenttype_reporters": {User: {"u": "utility"}}, "user_agents": False}, "users are no agents"),
        ({"tables": {"mine": "abc"}}, "tables has 'abc' for 'mine'; it must be a list of columns' names"),
        ({"tables": {"mine": 3}}, "tables has 3 for 'mine'"),
        ({"tables": {"mine": [3]}}, r"tables has \[3\] for 'mine'"),
    ],
)
def test_what_cannot_be_collected_is_one_line(added, named):
    with pytest.raises(BadInput, match=named) as told:
        small(**added)
    assert "\n" not in str(told.value)


@pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="this Mesa has no batch_run")
def test_a_batch_collects_them_too():
    reporters = {"agent_reporters": {"utility": "utility"}, "model_reporters": {"agents": "n_creators"}}
    parameters = {name: value for name, value in SMALL.items() if name != "rng"}
    table = batch({**parameters, **reporters}, seeds=2, steps=3)
    assert len(table) == 2 * (30 + 6 + 1)
    assert not {"agent_reporters", "model_reporters"} & set(table.columns)
    assert set(table["agents"]) == {6}
    for seed, rows in table.groupby("seed"):
        model = small(rng=seed)
        model.run(3)
        expected = {a.unique_id: a.utility for a in agents_of(model, (Creator, User))}
        assert rows.set_index("AgentID")["utility"].dropna().to_dict() == expected


def test_agents_have_a_place_in_the_plane():
    model = small()
    model.run(3)
    for creator, strategy in zip(model.creators, model.strategies, strict=True):
        assert creator.pos == (strategy[0], strategy[1])
        assert {type(x) for x in creator.pos} == {float}
    for user, embedding in zip(agents_of(model, User), model.users, strict=True):
        assert user.pos == (embedding[0], embedding[1])


def test_in_one_dimension_they_stand_on_a_line():
    model = CreatorEconomy(n_users=20, n_creators=4, dim=1, K=2, n_groups=2, rng=0)
    assert [creator.pos for creator in model.creators] == [(float(s), 0.0) for (s,) in model.strategies]


def test_a_rule_may_have_a_place_of_its_own():
    class Put(Creator):
        def __init__(self, model, index):
            super().__init__(model, index)
            self.pos = (index, 7)

    class Own(Creator):
        @property
        def pos(self):
            return "here"

        @pos.setter
        def pos(self, value):
            pass

    class Plain(Creator):
        pos = None

    assert [creator.pos for creator in small(rules=Put).creators] == [(i, 7) for i in range(6)]
    assert {creator.pos for creator in small(rules=Own).creators} == {"here"}
    assert {creator.pos for creator in small(rules=Plain).creators} == {None}
    back = small(rules=Put).creators[2]
    back.pos = None
    assert back.pos == tuple(back.strategy[:2])
