from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import (
    HMT,
    MECHANISMS,
    SMT,
    TABLE_1,
    UIR,
    Enrichment,
    HalvedUser,
    NoIntervention,
    PiecewiseConstant,
    RetrievedShare,
    Uniform,
    list_length,
    mechanism_of,
)

weights = arrays(np.float64, st.integers(1, 9), elements=st.floats(0.2, 5.0))


def test_what_each_mechanism_deploys_by_hand():
    w = np.array([0.2, 1.0, 5.0])
    none, uir, smt, hmt = (m().deploy(w, 0.1, 20, 200) for m in (NoIntervention, UIR, SMT, HMT))
    assert none.reward_weight.tolist() == [1, 1, 1]
    assert none.beta.tolist() == [0.1] * 3
    assert none.K.tolist() == [20] * 3
    assert uir.reward_weight.tolist() == [0.2, 1.0, 5.0]
    assert uir.beta.tolist() == [0.1] * 3
    assert uir.K.tolist() == [20] * 3
    np.testing.assert_allclose(smt.beta, [0.02, 0.1, 0.5], rtol=1e-15)
    assert smt.reward_weight.tolist() == [1, 1, 1]
    assert hmt.K.tolist() == [4, 20, 100]
    assert hmt.beta.tolist() == [0.1] * 3


def test_halved_user():
    assert HalvedUser().deploy(np.ones(3), 0.1, 3, 5).reward_weight.tolist() == [0.5, 1, 1]


@given(weights)
def test_lists_never_exceed_the_creators_nor_vanish(w):
    K = HMT().deploy(w, 0.1, 20, 30).K
    assert ((K >= 1) & (K <= 30)).all()


@pytest.mark.parametrize("name", MECHANISMS)
@given(w=weights)
def test_deploying_is_pure_and_monotone(name, w):
    before = w.copy()
    mechanism = mechanism_of(name)
    first, second = mechanism.deploy(w, 0.1, 20, 200), mechanism.deploy(w, 0.1, 20, 200)
    assert (w == before).all()
    for a, b in ((first.reward_weight, second.reward_weight), (first.beta, second.beta), (first.K, second.K)):
        assert a is not w
        assert (a == b).all()
        assert a.shape == w.shape
    if name != "halved":
        order = np.argsort(w, kind="stable")
        for values in (first.reward_weight, first.beta, first.K):
            assert (np.diff(values[order]) >= 0).all()


def test_rounding_error_above_an_integer_is_forgiven_and_no_more():
    assert list_length(np.array([20 * (1 + 2e-16), 20 + 2e-9, 19.5, 0.0])).tolist() == [20, 21, 20, 1]


def test_table_1_of_the_paper():
    w = np.array([0.5, 1.0, 1.1, 1.19, 1.8, 2.2, 2.5, 2.68, 5.0])
    assert TABLE_1(w).tolist() == [0.99, 0.95, 0.95, 0.90, 0.85, 0.75, 0.7, 0.1, 0.1]
    assert HMT(RetrievedShare(200)).deploy(w[:2], 0.1, 20, 200).K.tolist() == [2, 10]
    assert RetrievedShare(10)(w[:2]).tolist() == [1, 1]  # a hundredth and a twentieth of ten: never nothing


@pytest.mark.parametrize(("edges", "values"), [((1.0,), (1.0,)), ((2.0, 1.0), (1, 2, 3))])
def test_a_wrong_table_is_named(edges, values):
    with pytest.raises(BadInput, match="edges"):
        PiecewiseConstant(edges, values)


def test_a_mapping_of_the_wrong_shape_or_sign_is_named():
    with pytest.raises(BadInput, match="one finite number a weight"):
        HMT(lambda w: np.ones(1)).deploy(np.ones(3), 0.1, 3, 5)
    with pytest.raises(BadInput, match="temperatures must be above 0"):
        SMT(lambda w: w - 1).deploy(np.ones(3), 0.1, 3, 5)


def test_an_unknown_mechanism_is_named_with_the_nearest():
    with pytest.raises(BadInput, match=r"'hnt'.*none, uir, smt, hmt.*did you mean 'hmt'"):
        mechanism_of("hnt")


def test_uniform_gives_everybody_the_same_other_terms():
    weights = np.array([0.2, 1.0, 5.0])
    shown = mechanism_of("uniform(K=4)").deploy(weights, 0.1, 20, 30)
    assert (shown.K == 4).all()
    assert (shown.beta == 0.1).all()
    assert (shown.reward_weight == 1).all()
    sharp = mechanism_of("uniform(beta=0.02)").deploy(weights, 0.1, 20, 30)
    assert (sharp.K == 20).all()
    assert (sharp.beta == 0.02).all()
    assert (Uniform(K=40).deploy(weights, 0.1, 20, 30).K == 30).all()
    assert (Uniform(K=1).deploy(weights, 0.1, 20, 30).K == 1).all()
    for broken in ("uniform(K=0)", "uniform(beta=0)", "uniform(k=4)"):
        with pytest.raises(BadInput, match="uniform"):
            mechanism_of(broken)


@pytest.mark.parametrize("name", MECHANISMS)
def test_every_mechanism_says_where_it_comes_from_and_what_it_needs(name):
    mechanism = mechanism_of(name)
    assert mechanism.reference
    assert mechanism.needs
    assert mechanism.__doc__


@pytest.mark.parametrize("name", MECHANISMS)
def test_mechanisms_can_be_shared_since_nobody_can_change_them(name):
    mechanism = mechanism_of(name)
    for thing in (mechanism, mechanism.deploy(np.ones(2), 0.1, 3, 5)):
        with pytest.raises(FrozenInstanceError):
            thing.K = 1


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: HalvedUser(user=-1), "user of halved is -1; it must be a whole number at least 0"),
        (lambda: mechanism_of("halved(user='a')"), "user of halved is 'a'; it must be a whole number"),
        (lambda: HalvedUser(user=3).deploy(np.ones(3), 0.1, 3, 5), "user of halved is 3; .* give 0 to 2"),
        (lambda: Enrichment(count=0), "count of enrichment is 0; it must be a whole number at least 1"),
        (lambda: Enrichment(items=((1.0, 2.0), (3.0,))), "items of enrichment is not an array of numbers"),
        (lambda: mechanism_of("smt(mapping=3)"), "mapping of smt is 3; it must be a function of weights"),
        (lambda: mechanism_of("hmt(mapping='x')"), "mapping of hmt is 'x'; it must be a function"),
    ],
)
def test_what_cannot_be_deployed_is_named(make, told):
    with pytest.raises(BadInput, match=told):
        make()


def test_enrichment_places_at_most_an_item_a_group():
    users, groups, utilities, mass = (
        np.eye(4),
        np.array([0, 0, 1, 1]),
        np.array([1.0, 1, 0, 0]),
        np.full(4, 0.25),
    )
    placed = Enrichment(count=2).static_items(users, groups, utilities, mass)
    assert placed.tolist() == [[0, 0, 0.5, 0.5], [0.5, 0.5, 0, 0]]
    with pytest.raises(BadInput, match="count of enrichment is 3; there are 2 groups"):
        Enrichment(count=3).static_items(users, groups, utilities, mass)


@pytest.mark.parametrize("name", MECHANISMS)
def test_unit_weights_leave_the_default_terms_to_the_bit(name):
    for m in (1, 3, 7, 60, 2000):
        terms = mechanism_of(name).deploy(np.ones(m), 0.1, 20, 200)
        assert (terms.beta == 0.1).all()
        assert (terms.K == 20).all()
