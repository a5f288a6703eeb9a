from fractions import Fraction

import pytest

from ecosystem.ranking.competition import RankingCompetition
from ecosystem_agents.inputs.checks import BadInput

F = Fraction


def competition(**parameters):
    return RankingCompetition(**{"n_publishers": 2, "n_queries": 4, "rng": 0, **parameters})


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        ("auto", [F(1, 2)] * 4),
        ("none", [0] * 4),
        (None, [0] * 4),
        ("1/3", [F(1, 3)] * 4),
        (0.25, [F(1, 4)] * 4),
        ("1/2, 0, 1/4, 0.1", [F(1, 2), 0, F(1, 4), F(1, 10)]),
        ([0.1, 0, 0, 0], [F(1, 10), 0, 0, 0]),
    ],
)
def test_thresholds_in_all_forms(threshold, expected):
    assert list(competition(threshold=threshold).game.thresholds) == expected


def test_auto_is_the_peak_when_it_is_low():
    assert set(competition(peak="1/3").game.thresholds) == {F(1, 3)}


def test_documents_count_by_their_thresholds():
    rows = [["1/2", "1/2", 0, 0], ["1/4", 0, "3/4", 0]]
    with_documents = competition(documents=rows)
    with_thresholds = competition(threshold=[F(1, 2), F(1, 2), F(3, 4), 0])
    assert with_documents.game == with_thresholds.game
    for model in (with_documents, with_thresholds):
        model.run(30)
    assert with_documents.history == with_thresholds.history


def test_thresholds_may_change_while_the_model_runs():
    model = competition(n_queries=5, threshold="none", rng=2)
    model.run(5)
    assert not model.converged
    before = model.profile.documents
    model.mediator.enrich("auto")
    assert model.profile.documents == before
    model.run()
    assert model.converged
    model.mediator.enrich(1)
    assert set(model.game.thresholds) == {1}
    assert model.running  # nobody reaches the threshold of 1 any more
    model.run()
    assert model.converged


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"threshold": "lots"}, "threshold is 'lots'"),
        ({"peak": "1/2", "threshold": "3/4"}, "threshold is 3/4.*at most 1/2"),
        ({"threshold": "1/2,0"}, "threshold has 2 entries"),
        ({"documents": [[1, 1, 0, 0]]}, "static document 1 has a focus of 2 in all; the budget is 1"),
        ({"documents": [[1, 0, 0]]}, "static document 1"),
        ({"peak": "1/2", "documents": [[1, 0, 0, 0]]}, "static document 1, focus on query 1 is 1"),
    ],
)
def test_bad_thresholds_and_documents_are_named(parameters, named):
    with pytest.raises(BadInput, match=named):
        competition(**parameters)
