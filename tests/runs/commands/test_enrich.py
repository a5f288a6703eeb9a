"""``ecosystem enrich`` from end to end."""

import json
from fractions import Fraction

import pytest

from ecosystem.ranking.game import RankingGame
from ecosystem.ranking.responses import is_equilibrium

F = Fraction
KEYS = {
    "converged",
    "cycle",
    "steps",
    "threshold",
    "documents",
    "profile",
    "utilities",
    "worst_value",
    "welfare",
}


@pytest.fixture
def enrich(command):
    def call(*arguments, code=0):
        printed = command("enrich", *arguments)
        assert printed.code == code, printed.err
        return printed

    return call


def numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for each in value for leaf in numbers(each)]
    return [] if isinstance(value, bool) or value is None else [value]


@pytest.mark.parametrize("rule", ["fair", "greedy", "unfair"])
def test_json_is_exact_and_true(enrich, rule):
    out = enrich(3, 8, "--rule", rule, "--seed", 4, "--json").out
    ended = json.loads(out)
    assert set(ended) == KEYS
    assert all(isinstance(leaf, str) for leaf in numbers(ended))
    assert ended["converged"] is True
    assert ended["cycle"] is False
    assert F(ended["threshold"]) == F(1, 3)
    assert ended["documents"] == "3"
    assert 1 <= int(ended["steps"]) <= 9
    profile = RankingGame.make(3, 8, 1, "1/3").profile(ended["profile"])
    assert is_equilibrium(profile)
    assert list(map(F, ended["utilities"])) == list(profile.utilities)
    assert F(ended["worst_value"]) == F(1, 3)
    assert F(ended["welfare"]) == F(-2, 3)


def test_the_seed_decides(enrich):
    once = enrich(4, 7, "--seed", 5, "--json").out
    assert once == enrich(4, 7, "--json", "--seed", 5).out
    assert once != enrich(4, 7, "--json", "--seed", 6).out


def test_a_start_from_a_file_a_cycle_and_a_vector(enrich, tmp_path):
    start = tmp_path / "start.json"
    start.write_text('[["1/3", 0.25, "3/12", 0, 0], [0, 0, "1/3", 0.25, 0.25]]')
    arguments = (2, 5, "--peak", "1/3", "--threshold", "1/4", "--start", start)
    ended = json.loads(enrich(*arguments, "--max-steps", 0, "--json").out)
    assert ended["steps"] == "0"
    assert ended["profile"][0] == ["1/3", "1/4", "1/4", "0", "0"]
    assert ended["utilities"] == ["2", "3"]
    assert ended["documents"] == "2"

    vector = json.loads(enrich(2, 3, "--threshold", "1/2,0,1/2", "--max-steps", 0, "--json").out)
    assert vector["threshold"] == ["1/2", "0", "1/2"]
    assert vector["documents"] == "1"

    # What --json prints is itself a start.
    again = tmp_path / "again.json"
    settled = enrich(3, 5, "--json").out
    again.write_text(settled)
    ended = json.loads(enrich(3, 5, "--start", again, "--json").out)
    assert (ended["steps"], ended["converged"]) == ("0", True)
    assert ended["profile"] == json.loads(settled)["profile"]

    lines = tmp_path / "start.txt"
    lines.write_text("1/2, 1/2 0\n0 1/2 1/2\n")
    ended = json.loads(enrich(2, 3, "--start", lines, "--json").out)
    assert (ended["steps"], ended["utilities"]) == ("0", ["3/2", "3/2"])


def test_a_cycle_is_a_result(enrich, tmp_path):
    endings = [json.loads(enrich(4, 5, "--rule", "unfair", "--seed", s, "--json").out) for s in range(12)]
    cycles = [ended for ended in endings if ended["cycle"]]
    assert cycles
    assert not any(ended["converged"] for ended in cycles)
    seed = next(s for s, ended in enumerate(endings) if ended["cycle"])
    assert "a cycle of" in enrich(4, 5, "--rule", "unfair", "--seed", seed).out


def test_neither_settling_nor_cycling_is_a_result(enrich):
    ended = json.loads(enrich(2, 5, "--threshold", "none", "--max-steps", 40, "--json").out)
    assert (ended["converged"], ended["cycle"], ended["steps"]) == (False, False, "40")
    assert "neither settled nor cycling after 120 steps" in (
        text := enrich(2, 5, "--threshold", "none", "--max-steps", 120).out
    )
    assert "... and so on" in text
    assert max(map(len, text.splitlines())) < 200


def test_static_documents_instead_of_a_threshold(enrich, tmp_path):
    documents = tmp_path / "documents.txt"
    documents.write_text("1/2 1/2 0 0\n0 0 1/2 1/2\n")
    with_documents = enrich(2, 4, "--documents", documents, "--json").out
    assert with_documents == enrich(2, 4, "--threshold", "1/2", "--json").out


def test_the_path_in_words(enrich):
    text = enrich("--seed", 3, 4, 5).out  # options may come first
    assert text.startswith(
        "n = 4 publishers, k = 5 queries, peak 1, threshold 1/2 (static documents needed: 3)"
    )
    assert "Publisher 3 goes for query 3 as well (type 2): utility 1 to 2; nobody is hurt" in text
    assert "equilibrium after 6 steps" in text
    assert "worst value 1/2, welfare -1/2" in text


def test_theory(enrich):
    facts = json.loads(enrich("theory", 3, 4, "--json").out)
    assert (facts["n_publishers"], facts["n_queries"]) == ("3", "4")
    assert facts["region"] == "large"
    assert facts["largest_stable_peak"] == "1/2"
    assert facts["uniform_bound"] == {"value": "1/4", "strict": True}
    assert facts["uniform_bound_as_stated"] == {"value": "1/2", "strict": False}
    assert facts["recommended_threshold"] == "1/2"
    assert facts["documents"] == {
        "uniform": "2",
        "uniform_as_stated": "2",
        "recommended": "2",
        "per_query": "1",
        "per_query_lean": "1",
    }
    assert all(isinstance(leaf, str) for leaf in numbers(facts))
    text = enrich("theory", 2, 5, "--peak", "1/3").out
    assert "medium" in text
    assert "q > 1/6" in text
    assert "q = 1/3" in text
    assert "small" in enrich("theory", 3, 3, "--peak", "0.5").out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((1, 3), "number of publishers is 1; it must be a whole number at least 2"),
        ((2, 0), "number of queries is 0"),
        (("two", 3), "number of publishers is 'two'"),
        ((2, 3, "--peak", "0"), "peak is 0; it must be a number above 0 and at most 1"),
        ((2, 3, "--peak", "1.01"), "peak is 101/100"),
        ((2, 3, "--peak", "1/2", "--threshold", "2/3"), "threshold is 2/3; it must be a number at least 0"),
        ((2, 3, "--threshold", "1/2,1/2"), "threshold has 2 entries"),
        ((2, 3, "--rule", "kind"), "rule is 'kind'"),
        ((2, 4, "--rule", "greedy", "--threshold", "0.4"), "rule 'greedy' is not defined at threshold 2/5"),
        ((2, 3, "--order", "mine"), "order is 'mine'"),
        ((4, -7), "number of queries is -7; it must be a whole number at least 1"),
        ((4, -7.5), "number of queries is '-7.5'"),
        (("theory", -4, 7), "number of publishers is -4; it must be a whole number at least 2"),
        ((2, 3, "--peek", 1), "did you mean '--peak'?"),
        ((2, 3, "--seed", -1), "--seed is -1"),
        ((2, 3, "--max-steps", -1), "--max-steps is -1"),
        ((2, 3, "--threshold", "1/2", "--documents", "x"), "give one of them, not both"),
        ((2, 3, "--start", "missing.json"), "missing.json cannot be read"),
        (("theory", 1, 3), "number of publishers is 1"),
        (("theory", 2, 3, "--peak", "x"), "peak is 'x'"),
    ],
)
def test_bad_input_is_one_line_and_code_2(enrich, arguments, named):
    printed = enrich(*arguments, code=2)
    assert printed.out == ""
    assert named in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[1, 1, 0], [0, 0, 0]]", "document of publisher 1 has a focus of 2 in all; the budget is 1"),
        ("[[1, 0], [0, 0]]", "document of publisher 1"),
        ("[[1, 0, 0]]", "profile has 1 documents; give one per publisher (2)"),
        ('{"rows": []}', 'has no key "profile"'),
        ("[]", "holds no documents"),
        ("3", "holds no documents"),
        ("", "holds no documents"),
        ("a b c\n0 0 0", "row 1, focus on query 1 is 'a'"),
        ("[[null, 0, 0], [0, 0, 0]]", "row 1, focus on query 1 is None"),
        ("[" * 100_000, "row 1, focus on query 1"),
        ("\udcff", "cannot be read"),
    ],
)
def test_bad_start_files_are_named(enrich, tmp_path, text, named):
    start = tmp_path / "start"
    start.write_bytes(text.encode("utf-8", "surrogateescape"))
    printed = enrich(2, 3, "--start", start, code=2)
    assert named in printed.err
    assert printed.err.count("\n") == 1
    assert len(printed.err) < 1000


def test_a_threshold_and_documents_at_once_are_refused(enrich, tmp_path):
    assert "not both" in enrich(2, 3, "--threshold", "1/2", "--documents", tmp_path, code=2).err


def test_help_names_both_ways(enrich):
    shown = enrich("--help").out
    assert "theory" in shown
    assert "enrich N K" in shown


def test_a_retrieval_function_is_named_and_brings_its_peak(enrich):
    printed = enrich("2", "3", "--retrieval", "triangle(peak='2/3')").out
    assert "peak 2/3" in printed
    assert "large peak" in printed
    flat = enrich("2", "3", "--retrieval", "piecewise(points=((0, 0), (0.25, 1), (0.5, 1), (1, 2)))").out
    assert "no theorem" in flat
    assert "iff" not in flat
    assert "leave peak out" in enrich("2", "3", "--retrieval", "triangle()", "--peak", "1/2", code=2).err
