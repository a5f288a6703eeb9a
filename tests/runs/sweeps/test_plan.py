"""Plans: which runs they say there are, and one line for what is wrong with them."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.sweeps.plan import Plan, parse_plan, read_plan

SMALL = {"environment": "figure1", "steps": 20, "seeds": 2}


def plan(**tables):
    return parse_plan({**SMALL, **tables})


def test_the_smallest_plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(
        'environment = "figure1"\nsteps = 200\nseeds = 100\n'
        '[parameters]\nmechanism = ["none", "uir", "smt", "hmt"]\n'
    )
    found = read_plan(path)
    runs = list(found.runs())
    assert len(found) == len(runs) == 400
    assert [run.number for run in runs] == list(range(400))
    assert [(run.arm, run.seed) for run in runs[:5]] == [
        ("none", 0),
        ("uir", 0),
        ("smt", 0),
        ("hmt", 0),
        ("none", 1),
    ]
    assert runs[2].parameters == {"environment": "figure1", "horizon": 200, "mechanism": "smt"}
    assert {run.seed for run in runs} == set(range(100))


def test_a_grid_is_every_combination():
    found = plan(parameters={"alpha": [0.1, 0.5], "K": [1, 2, 3], "eta": 0.2})
    assert found.fixed == {"eta": 0.2}
    assert found.points == [{"alpha": a, "K": k} for a in (0.1, 0.5) for k in (1, 2, 3)]
    assert list(found.arms) == ["none"]
    assert len(found) == 12
    assert found.parameters() == ["eta", "alpha", "K"]


def test_levels_of_a_range():
    log = {"low": 0.01, "high": 1.0, "levels": 3, "scale": "log"}
    found = plan(parameters={"beta": log, "K": {"low": 1, "high": 5, "levels": 3, "whole": True}})
    assert [point["beta"] for point in found.points[::3]] == pytest.approx([0.01, 0.1, 1.0])
    assert [point["K"] for point in found.points[:3]] == [1, 3, 5]


def test_listed_points_are_taken_together():
    points = [{"alpha": 0.1, "K": 1}, {"K": 3, "alpha": 0.9}]
    assert plan(points=points).points == [{"alpha": 0.1, "K": 1}, {"alpha": 0.9, "K": 3}]


def test_arms_override_fixed_values_and_share_seeds():
    found = plan(
        parameters={"alpha": 0.5, "K": [1, 2]}, arms={"base": {}, "hot": {"mechanism": "smt", "alpha": 2}}
    )
    runs = list(found.runs())
    assert len(runs) == 2 * 2 * 2
    assert [(r.seed, r.point, r.arm) for r in runs[:4]] == [
        (0, 0, "base"),
        (0, 0, "hot"),
        (0, 1, "base"),
        (0, 1, "hot"),
    ]
    assert runs[1].parameters["alpha"] == 2
    assert runs[0].parameters["alpha"] == 0.5


@pytest.mark.parametrize("method", ["latin-hypercube", "sobol"])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), power=st.integers(1, 5))
def test_samples_fill_their_range_evenly(method, seed, power):
    """In each dimension, each of n equal slices has one of n points: the property of both designs."""
    count = 2**power
    found = plan(
        parameters={"alpha": {"low": 1.0, "high": 3.0}, "beta": {"low": 0.01, "high": 1.0, "scale": "log"}},
        sample={"method": method, "points": count, "seed": seed},
    )
    alpha = np.array([point["alpha"] for point in found.points])
    beta = np.array([point["beta"] for point in found.points])
    assert sorted(np.floor((alpha - 1) / 2 * count).astype(int)) == list(range(count))
    assert sorted(np.floor((np.log10(beta) + 2) / 2 * count).astype(int)) == list(range(count))


def test_whole_samples_reach_both_ends():
    span = {"low": 2, "high": 4, "whole": True}
    found = plan(parameters={"K": span}, sample={"points": 300})
    values = [point["K"] for point in found.points]
    assert all(type(value) is int for value in values)
    assert {value: values.count(value) for value in (2, 3, 4)} == {2: 100, 3: 100, 4: 100}


def test_samples_come_back_and_depend_on_their_seed():
    def points(seed):
        span = {"low": 0, "high": 1}
        return plan(parameters={"alpha": span}, sample={"points": 4, "seed": seed}).points

    assert points(1) == points(1)
    assert points(1) != points(2)


def test_a_plan_survives_its_description():
    found = plan(parameters={"alpha": [0.1, 1]}, arms={"a": {}, "b": {"mechanism": "uir"}})
    assert Plan(**found.description()) == found


def test_revealing_runs_have_every_extreme():
    found = plan(
        parameters={"alpha": [0.5, 0.1, 3.0, 0.2], "mechanism": ["none", "smt"], "matching": "expected"}
    )
    runs = found.revealing_runs()
    assert {0.1, 3.0} <= {run.parameters["alpha"] for run in runs}
    assert {"none", "smt"} <= {run.parameters["mechanism"] for run in runs}
    assert len(runs) < len(found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"enviroment": "figure1"}, "did you mean 'environment'"),
        ({"environment": "figure2"}, "did you mean 'figure1'"),
        ({"steps": 0}, "steps is 0"),
        ({"steps": 1.5}, "steps is 1.5"),
        ({"seeds": 0}, "seeds is 0"),
        ({"seeds": []}, "distinct"),
        ({"seeds": [1, 1]}, "distinct"),
        ({"seeds": ["a"]}, "each of seeds is 'a'"),
        ({"collect": ["welfaer"]}, "did you mean 'welfare'"),
        ({"collect": []}, "collect is"),
        ({"parameters": 3}, "must be a table"),
        ({"parameters": {"alhpa": 1}}, "did you mean 'alpha'"),
        ({"parameters": {"n_users": 10}}, "n_users"),  # no option of this environment
        ({"parameters": {"horizon": 10}}, "write steps"),
        ({"parameters": {"rng": 10}}, "write seeds"),
        ({"parameters": {"alpha": []}}, "at least one value"),
        ({"parameters": {"alpha": [1, 1]}}, "each once"),
        ({"parameters": {"alpha": [[1]]}}, "finite numbers"),
        ({"parameters": {"alpha": float("nan")}}, "finite numbers"),
        ({"parameters": {"alpha": {"low": 2, "high": 1}}}, "low must be below high"),
        ({"parameters": {"alpha": {"low": 0, "high": 1, "scale": "log"}}}, "above 0"),
        ({"parameters": {"alpha": {"low": 0, "hihg": 1}}}, "did you mean 'high'"),
        ({"parameters": {"alpha": {"low": 0}}}, "needs low and high"),
        ({"parameters": {"alpha": {"low": 0, "high": 1, "levels": 1}}}, "levels of alpha is 1"),
        ({"parameters": {"K": {"low": 0.5, "high": 2, "whole": True}}}, "whole numbers"),
        ({"parameters": {"alpha": {"low": 0, "high": 1}}}, "add levels = N"),
        ({"sample": {"points": 4}}, "nothing to sample"),
        (
            {"parameters": {"alpha": {"low": 0, "high": 1}}, "sample": {"points": 5, "method": "sobol"}},
            "4 or 8",
        ),
        (
            {"parameters": {"alpha": {"low": 0, "high": 1}}, "sample": {"points": 5, "method": "random"}},
            "sobol",
        ),
        ({"points": []}, "list of tables"),
        ({"points": [{"alpha": 1}, {"K": 1}]}, "set the same in all"),
        ({"points": [{"alpha": 1}], "parameters": {"alpha": [1, 2]}}, "keep it in one"),
        ({"arms": {"a": {"mechnism": "uir"}}}, "did you mean 'mechanism'"),
        ({"arms": {"a": {"alpha": 1}}, "parameters": {"alpha": [1, 2]}}, "keep it in one"),
        ({"arms": {"a": 3}}, "must be a table"),
        ({"seeds": 1000, "parameters": {"alpha": {"low": 0, "high": 1, "levels": 2000}}}, "runs; at most"),
        ({"seeds": 2_000_000}, "at most 1000000"),
    ],
)
def test_what_is_wrong_is_one_line(change, message):
    with pytest.raises(BadInput, match=message) as error:
        parse_plan({**SMALL, **change})
    assert "\n" not in str(error.value)


def test_files_that_are_no_plans(tmp_path):
    with pytest.raises(BadInput, match="there is no plan"):
        read_plan(tmp_path / "none.toml")
    with pytest.raises(BadInput, match="cannot be read"):
        read_plan(tmp_path)
    broken = Path(tmp_path / "broken.toml")
    broken.write_text("steps = = 3")
    with pytest.raises(BadInput, match=r"broken\.toml is no TOML.*line 1") as error:
        read_plan(broken)
    assert "\n" not in str(error.value)
    broken.write_text("steps = 3")
    with pytest.raises(BadInput, match=r"broken\.toml: environment is missing"):
        read_plan(broken)


def test_the_plans_in_the_documentation_are_plans():
    page = Path(__file__).parents[3] / "docs" / "how-to" / "sweeps.md"
    blocks = [block.partition("```")[0] for block in page.read_text().split("```toml\n")[1:]]
    plans = [parse_plan(tomllib.loads(block)) for block in blocks if "environment" in block]
    assert [len(found) for found in plans] == [400, 32 * 3 * 10, 3 * 5 * 3 * 2]
    parameters = next(tomllib.loads(block)["parameters"] for block in blocks if "environment" not in block)
    shown = parse_plan({**SMALL, "parameters": parameters, "sample": {"points": 4}})
    assert len(shown) == 2 * 5 * 4 * 2
