"""Frozen cases of the game, met by the readable functions, the compiled market and the model alike."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.economy.moves import draw_moves
from ecosystem.environments import ENVIRONMENTS, Environment, Setting
from ecosystem.game import creator_utilities, user_utilities, welfare
from ecosystem.market import Market
from ecosystem.market.book import strategy_arrays
from ecosystem.matching import matching_probabilities
from ecosystem.relevance import DistanceRelevance, DotRelevance
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace
from ecosystem_agents.mechanisms import Terms, list_length
from ecosystem_agents.reweighting import group_means, reweight

CASES = json.loads((Path(__file__).parents[1] / "reference" / "c3-cases.json").read_text())
EXACT = {"rtol": 0, "atol": 1e-12}


def of_kind(*kinds):
    cases = [case for case in CASES if case["kind"] in kinds]
    assert cases
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


def relevance_of(inputs):
    if inputs["relevance"] == "dot":
        bounds = inputs.get("relevance_kwargs", {})
        return DotRelevance(bounds.get("lo", 0.0), bounds.get("hi", 1.0))
    return DistanceRelevance(2, 1) if inputs["relevance"] == "toy" else DistanceRelevance(1, 3)


def set_of(name):
    if name is None:
        return FreeSpace()
    return Ball() if name == "ball" else Catalogue(np.array(name, dtype=float))


def market_of(inputs):
    users, strategies = np.array(inputs["X"], dtype=float), np.array(inputs["S"], dtype=float)
    market = Market(
        users,
        strategies,
        relevance_of(inputs),
        beta=np.array(inputs["beta"]),
        K=np.array(inputs["K"]),
        reward=inputs.get("reward", "relevance"),
        user_mass=inputs.get("q"),
    )
    if "w" in inputs:
        market.set_terms(Terms(np.array(inputs["w"]), market.beta, market.K))
    return market


def test_there_are_37_cases():
    assert len(CASES) == 37


@of_kind("game")
def test_the_readable_game(case):
    inputs, expected = case["inputs"], case["expected"]
    sigma = relevance_of(inputs)(np.array(inputs["X"]), np.array(inputs["S"]))
    P = matching_probabilities(sigma, np.array(inputs["beta"]), np.array(inputs["K"]))
    mass = inputs.get("q")
    paid = creator_utilities(sigma, P, inputs.get("reward", "relevance"), inputs.get("w"), mass)
    np.testing.assert_allclose(sigma, expected["sigma"], **EXACT)
    np.testing.assert_allclose(P, expected["P"], **EXACT)
    np.testing.assert_allclose(user_utilities(sigma, P), expected["user"], **EXACT)
    np.testing.assert_allclose(welfare(sigma, P, mass), expected["welfare"], **EXACT)
    np.testing.assert_allclose(paid, expected["creator"], **EXACT)


@of_kind("game")
def test_the_compiled_market(case):
    market, expected = market_of(case["inputs"]), case["expected"]
    np.testing.assert_allclose(market.user_utilities(), expected["user"], **EXACT)
    np.testing.assert_allclose(market.welfare(), expected["welfare"], **EXACT)
    np.testing.assert_allclose(market.creator_utilities(), expected["creator"], **EXACT)
    one_by_one = [market.utility(i) for i in range(market.n_creators)]
    np.testing.assert_allclose(one_by_one, expected["creator"], **EXACT)


@of_kind("hmt_K")
def test_rounding_of_list_lengths(case):
    inputs = case["inputs"]
    assert list_length(inputs["K"] * np.array(inputs["w"]), inputs["n"]).tolist() == case["expected"]


@of_kind("lbr")
def test_local_better_response(case):
    inputs, expected = case["inputs"], case["expected"]
    market = market_of(inputs)
    n, d = market.n_creators, market.users.shape[1]
    i = inputs["i"]
    strategy_set = set_of(inputs["strategy_set"])
    candidate = market.strategies[i] + inputs["eta"] * np.array(inputs["g"])
    trial = candidate if inputs["evaluate"] == "raw" else strategy_set.project(candidate)
    now, then = market.compare(i, trial)
    assert now == pytest.approx(expected["u_old"], abs=1e-12)
    assert then == pytest.approx(expected["u_candidate"], abs=1e-12)
    directions = np.zeros((n, d))
    directions[i] = inputs["g"]
    accepted = market.respond(
        strategy_arrays([strategy_set] * n, d),
        0 if inputs["evaluate"] == "raw" else 1,
        np.full(n, inputs["eta"]),
        np.array([i]),
        directions,
    )
    assert accepted[i] == expected["accepted"]
    np.testing.assert_allclose(market.strategies, expected["S"], **EXACT)


@of_kind("group_averages")
def test_group_averages(case):
    inputs = case["inputs"]
    steps, groups = np.array(inputs["user_utility_seq"]), np.array(inputs["groups"])
    mass = np.full(steps.shape[1], 1 / steps.shape[1])
    means = group_means(steps.mean(axis=0), groups, inputs["L"], mass)
    np.testing.assert_allclose(means, case["expected"], **EXACT)


@of_kind("reweight")
def test_reweighting(case):
    inputs = case["inputs"]
    new = reweight(
        np.array(inputs["w"], dtype=float), inputs["pibar"], inputs["alpha"], inputs["w_min"], inputs["w_max"]
    )
    np.testing.assert_allclose(new, case["expected"], **EXACT)


@of_kind("algorithm1")
@pytest.mark.parametrize("one_by_one", [False, True])
def test_algorithm_1_with_its_randomness_supplied(case, one_by_one, monkeypatch):
    inputs, expected = case["inputs"], case["expected"]
    start = np.array(inputs["S0"])
    world = Environment(
        name="given",
        summary="a frozen case",
        build=lambda rng: Setting(
            np.array(inputs["X"]), start, DistanceRelevance(1, 3), Ball(), np.array(inputs["groups"])
        ),
        beta=inputs["beta"],
        K=inputs["K"],
        eta=inputs["eta"],
        horizon=len(inputs["alphas"]) * inputs["M"],
        n_groups=inputs["L"],
    )
    monkeypatch.setitem(ENVIRONMENTS, "given", world)
    orders = [order for epoch in inputs["orders"] for order in epoch]
    directions = [step for epoch in inputs["directions"] for step in epoch]
    draws = iter(zip(orders, directions, strict=True))

    here = threading.get_ident()

    def supplied(rng, n, d):
        if threading.get_ident() != here:  # a page of another test may still play
            return draw_moves(rng, n, d)
        order, by_creator = next(draws)
        return np.array(order), np.array(by_creator)

    monkeypatch.setattr("ecosystem.economy.moves.draw_moves", supplied)
    model = CreatorEconomy(
        environment="given",
        mechanism=inputs["mechanism"],
        epoch_length=inputs["M"],
        alpha=inputs["alphas"][0],
        late_alpha=inputs["alphas"][-1],
        one_by_one=one_by_one,
        rng=0,
    )
    weights, moved = [model.weights], 0.0
    for _ in range(len(orders)):
        model.step()
        moved += model.accepted_share * model.n_creators
        if model.steps % model.epoch_length == 0:
            weights.append(model.weights)
    series = model.datacollector.get_model_vars_dataframe()
    np.testing.assert_allclose(model.strategies, expected["S"], **EXACT)
    np.testing.assert_allclose(weights[: len(expected["w"])], expected["w"], **EXACT)
    np.testing.assert_allclose(series["welfare"].to_numpy()[1:], expected["welfare_deployed"], **EXACT)
    np.testing.assert_allclose(series["welfare_default"].to_numpy()[1:], expected["welfare_default"], **EXACT)
    assert round(moved) == expected["accepted"]


@of_kind("lne")
def test_gains_around_an_equilibrium(case):
    market = market_of(case["inputs"])
    gains = [
        max(market.utility_at(i, np.array(c)) for c in candidates) - market.utility(i)
        for i, candidates in enumerate(case["inputs"]["candidates"])
    ]
    np.testing.assert_allclose(gains, case["expected"], **EXACT)
