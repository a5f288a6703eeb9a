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


W = np.array([0.2, 0.5, 1.0, 2.0, 5.0])


@pytest.mark.parametrize(
    ("text", "temperatures"),
    [
        ("power(2)", [0.004, 0.025, 0.1, 0.4, 2.5]),
        ("power(p=0)", [0.1] * 5),
        ("linear(0.5)", [0.01, 0.025, 0.05, 0.1, 0.25]),
        ("linear(0.5, intercept=0.5)", [0.06, 0.075, 0.1, 0.15, 0.3]),
        ("piecewise((0.5, 2), [0.03, 0.1, 0.3])", [0.03, 0.1, 0.1, 0.3, 0.3]),
    ],
)
def test_mappings_that_text_names_by_hand(text, temperatures):
    named = mechanism_of(f'smt(mapping="{text}")')
    assert named == SMT(text)
    assert repr(text) in repr(named)
    np.testing.assert_allclose(named.deploy(W, 0.1, 20, 200).beta, temperatures, rtol=1e-14)


def test_list_lengths_that_text_names_by_hand():
    def lengths(text):
        return HMT(text).deploy(W, 0.1, 20, 200).K.tolist()

    assert lengths("power(2)") == [1, 5, 20, 80, 200]
    assert lengths("piecewise(edges=(0.5, 1, 2), values=(5, 10, 20, 40))") == [5, 10, 20, 40, 40]
    assert lengths("table_1") == [2, 2, 10, 30, 180]
    assert lengths("table_1") == HMT(RetrievedShare(200)).deploy(W, 0.1, 20, 200).K.tolist()


@given(weights)
def test_the_usual_mapping_has_a_name(w):
    for one in (SMT, HMT):
        usual = one().deploy(w, 0.1, 20, 200)
        for text in ("power(1)", "linear(1)"):
            named = one(text).deploy(w, 0.1, 20, 200)
            assert (named.beta == usual.beta).all()
            assert (named.K == usual.K).all()


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
        (
            lambda: mechanism_of("hmt(mapping='x')"),
            "mapping is 'x'; it must be one of power, linear, piecewise",
        ),
        (lambda: SMT("mine.py:f(2)"), "mapping is 'mine.py:f'; it must be one of power"),
        (lambda: SMT("power(/../mine.py:f"), "mapping is 'power.*; it must be one of power"),
        (lambda: SMT("powr(2)"), "did you mean 'power'"),
        (lambda: SMT("power"), r"mapping power needs the argument p; write power\(p=...\)"),
        (lambda: SMT("power(q=2)"), "an argument of mapping power is 'q'; .* p"),
        (
            lambda: SMT("power(2, 3)"),
            r"mapping is 'power\(2, 3\)'; arguments are .* plain values, such as power\(2\) or power\(p=2\)",
        ),
        (lambda: SMT("power(2, p=3)"), "such as power"),
        (lambda: SMT("power(-1)"), "p of power is -1; it must be a number at least 0"),
        (lambda: SMT("power('2')"), "p of power is '2'; it must be a number"),
        (lambda: mechanism_of('smt(mapping="power("2")")'), "arguments are name=value with plain values"),
        (lambda: HMT("linear(-1)"), "slope of linear is -1; it must be a number at least 0"),
        (lambda: SMT("linear(0)").deploy(np.ones(3), 0.1, 3, 5), "temperatures must be above 0"),
        (lambda: SMT("piecewise((1,), (0, 0.1))"), "a value of piecewise is 0; it must be a number above 0"),
        (lambda: HMT("piecewise(1, (2, 3))"), "edges of piecewise is 1; it must be a list"),
        (
            lambda: HMT("piecewise((1,), (4, 3))"),
            r"values of piecewise are \(4.0, 3.0\); they must not fall",
        ),
        (lambda: HMT("piecewise((1, 2), (3, 4))"), "give one value more than edges"),
        (
            lambda: SMT("table_1"),
            "smt takes no table_1, whose percentiles are no temperatures: give it to hmt",
        ),
        (lambda: SMT("power(1e5)").deploy(np.full(3, 5.0), 0.1, 3, 5), "a value that is not finite"),
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
