"""Series to take home."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecosystem import CreatorEconomy
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.limits import OWN_MACHINE
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.downloads import replay, series_csv
from ecosystem_server.live.setting import Change, Setting


@pytest.fixture
def arms():
    pair = [Arm(CreatorEconomy(environment="figure1", rng=3)) for _ in range(2)]
    for step in range(12):
        if step == 7:
            pair[1].change(Change(7, "b", "mechanism", "uir"))
        for arm in pair:
            arm.step()
    return pair


def test_the_series_are_those_of_the_model_without_a_page(arms):
    table = pd.read_csv(io.BytesIO(series_csv(arms)))
    model = CreatorEconomy(environment="figure1", rng=3)
    model.run(12)
    alone = table[table["arm"] == "A"]
    expected = model.datacollector.get_model_vars_dataframe()
    for name in expected:
        np.testing.assert_array_equal(alone[name].to_numpy(), expected[name].to_numpy())
    assert alone["step"].tolist() == list(range(13))


def test_the_mechanism_of_a_row_is_the_one_in_force_at_its_step(arms):
    table = pd.read_csv(io.BytesIO(series_csv(arms)), keep_default_na=False)
    assert table[table["arm"] == "B"]["mechanism"].tolist() == ["none"] * 8 + ["uir"] * 5
    assert set(table[table["arm"] == "A"]["mechanism"]) == {"none"}


def test_a_name_with_commas_and_quotes_is_one_cell(arms):
    named = 'hmt(mapping="piecewise(edges=(1,), values=(5, 20))")'
    arms[0].change(Change(12, "a", "mechanism", named))
    arms[0].step()
    table = pd.read_csv(io.BytesIO(series_csv(arms)), keep_default_na=False)
    assert table["mechanism"][13] == named
    assert table["welfare"][13] == arms[0].model.welfare


def test_series_of_a_population_that_changes():
    rule = "least_paid(every=2, first=5.0, last=5.0, until=1.0)"
    options = {"environment": "figure1", "turnover": rule, "arrivals": 0.7}
    arm = Arm(CreatorEconomy(**options, rng=1))
    for _ in range(12):
        arm.step()
    table = pd.read_csv(io.BytesIO(series_csv([arm])))
    model = CreatorEconomy(**options, rng=1)
    model.run(12)
    assert table["left"].sum() == 6
    assert table["alive"].tolist() == model.datacollector.model_vars["alive"]


def test_a_run_too_long_to_take_home_is_refused_before_it_is_played():
    setting = Setting(environment="figure1", step=401)
    refused = "creators times steps of a replay is 4010; this server allows at most 4000: choose fewer"
    with pytest.raises(BadInput, match=refused):
        replay(setting, replace(OWN_MACHINE, replay=4000), pytest.fail)
