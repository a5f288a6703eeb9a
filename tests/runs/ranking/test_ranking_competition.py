from ecosystem.ranking.game import RankingGame
from ecosystem_runs.ranking.competition import facts_of, read_documents


def facts(*game):
    return facts_of(RankingGame.make(*game))


def test_facts_cover_all_regions():
    assert [facts(2, 5, p).region for p in ("1/4", "0.3", 1)] == ["small", "medium", "large"]
    assert facts(2, 5, "0.3").step_bound is None
    assert facts(2, 4, 1).n_steps_suffice == "1/3 < q <= 1/2"
    assert facts(5, 8, "1/2").documents["per_query"] == 1
    assert facts(5, 8, "1/2").documents["uniform"] == 3


def test_documents_in_json_are_read_exactly(tmp_path):
    path = tmp_path / "documents.json"
    for content, encoding in (("[[0.1, 0.2], [1, 0]]", "utf-8"), ("0.1, 0.2\n1, 0\n", "utf-8-sig")):
        path.write_text(content, encoding=encoding)
        assert [[str(w) for w in row] for row in read_documents(path)] == [["1/10", "1/5"], ["1", "0"]]
