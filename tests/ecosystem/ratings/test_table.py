from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.delimited import Written
from ecosystem.ratings.table import table_source
from ecosystem_agents.inputs.checks import BadInput

TABLE = pd.DataFrame({"user": [7, 7, 9], "item": [30, 20, 30], "rating": [4.5, 1.0, 5.0]})


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_by_hand(tmp_path, ending):
    path = tmp_path / f"table{ending}"
    if ending == ".parquet":
        TABLE.to_parquet(path)
    else:
        TABLE.to_csv(path, index=False, sep="\t" if ending == ".tsv" else ",")
    ratings = table_source(path).read()
    assert ratings.user_ids.tolist() == ["7", "9"]
    assert ratings.item_ids.tolist() == ["20", "30"]
    assert ratings.user.tolist() == [0, 0, 1]
    assert ratings.item.tolist() == [1, 0, 1]
    assert ratings.rating.tolist() == [4.5, 1, 5]
    assert ratings.titles == ["20", "30"]
    assert not ratings.has_titles


IDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r", max_codepoint=0x2FF)
    | st.sampled_from('";|, 07'),
    min_size=1,
    max_size=9,
)


@settings(max_examples=40)
@given(
    st.lists(
        IDS | st.sampled_from(["NA", "null", "nan", "1e5", "007", "7", "07", "0x7", "-0", "True", ""]),
        min_size=1,
    ),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_ids_are_the_texts_that_stand_there_however_they_are_written(folder, ids, separator, encoding, ends):
    path = folder / "table.csv"
    rows = [[one, str(k), "4,5" if k % 2 else "3"] for k, one in enumerate(ids)]
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator, lineterminator=ends).writerows(
            [["user", "item", "rating"], *rows]
        )
    if "" in ids:
        with pytest.raises(BadInput, match=f"row {ids.index('') + 1} has no user"):
            table_source(path).read()
        return
    ratings = table_source(path).read()
    assert ratings.user_ids[ratings.user].tolist() == ids
    assert ratings.user_ids.tolist() == sorted(set(ids))
    assert ratings.rating.tolist() == [4.5 if k % 2 else 3 for k in range(len(ids))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("written")


@pytest.mark.parametrize(
    ("encoding", "told", "read"),
    [("latin-1", None, "é"), ("cp1252", "cp1252", "é€"), ("utf-8", "latin-1", "Ã©")],
)
def test_an_encoding_is_looked_for_or_told(tmp_path, encoding, told, read):
    (tmp_path / "table.csv").write_bytes(
        f"user;item;rating\n{'é€' if told == 'cp1252' else 'é'};1;4\n".encode(encoding)
    )
    source = table_source(tmp_path / "table.csv", written=Written(encoding=told))
    assert source.read().user_ids.tolist() == [read]
    assert source.read().read_as == f"';' between fields, {told or 'latin-1'}"


def test_a_separator_is_told_where_looking_would_find_another(tmp_path):
    (tmp_path / "table.csv").write_text("user|item|rating|a,b,c,d,e\n1|2|3|x\n")
    with pytest.raises(
        BadInput, match=r"no column 'user'; its columns are: user\|item\|rating\|a, b, c, .* --separator"
    ):
        table_source(tmp_path / "table.csv").read()
    assert table_source(tmp_path / "table.csv", written=Written("|")).read().item_ids.tolist() == ["2"]
    (tmp_path / "tabs.csv").write_text("user\titem\trating\n1\t2\t3\n")
    for tab in (None, "tab", "\\t", "\t"):
        assert table_source(tmp_path / "tabs.csv", written=Written(tab)).read().item_ids.tolist() == ["2"]


def test_ids_of_a_parquet_file_are_text_of_every_type(tmp_path):
    ids = {
        "whole": [7, 9, 10],
        "with a point, as pandas keeps them": [7.0, 9.0, 10.0],
        "text": ["07", "NA", "1e5"],
        "categories": pd.Categorical(["07", "NA", "NA"]),
    }
    for user in ids.values():
        pd.DataFrame({"user": user, "item": [1, 2, 3], "rating": [1, 2, 3]}).to_parquet(
            tmp_path / "table.parquet"
        )
        ratings = table_source(tmp_path / "table.parquet").read()
        assert ratings.user_ids[ratings.user].tolist() == [
            str(int(u)) if isinstance(u, float) else str(u) for u in user
        ]
    for user in ([7.0, np.nan], ["a", None], pd.array([1, None], dtype="Int64"), pd.Categorical(["a", None])):
        pd.DataFrame({"user": user, "item": [1, 2], "rating": [1, 2]}).to_parquet(tmp_path / "table.parquet")
        with pytest.raises(BadInput, match="row 2 has no user; remove such rows"):
            table_source(tmp_path / "table.parquet").read()


def test_text_ids_and_columns_by_name(tmp_path):
    path = tmp_path / "books.csv"
    path.write_text("reader,book,stars,when\nana,0312X,7,1\nbo,99,10,2\n")
    columns = {"user": "reader", "item": "book", "rating": "stars"}
    ratings = table_source(path, **columns, highest=10).read()
    assert ratings.user_ids.tolist() == ["ana", "bo"]
    assert ratings.titles == ["0312X", "99"]
    assert ratings.user_ids.dtype.kind == "U"  # plain text, which needs no pickling
    assert np.array_equal(ratings.rating, [7, 10])


def test_how_a_file_is_read_is_part_of_its_digest(tmp_path):
    path = tmp_path / "table.csv"
    TABLE.to_csv(path, index=False)
    digests = {
        table_source(path, **how).digest
        for how in ({}, {"highest": 6}, {"written": Written("|")}, {"user": "item"})
    }
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "cannot be read"),
        ("user,item,rating\n", "holds no ratings"),
        (
            "who;item;rating\n1;2;3\n",
            "has no column 'user'; its columns are: who, item, rating; name them with --user",
        ),
        ("user,item,user,rating\n1,2,3,4\n", "has 2 columns 'user'"),
        ("user,item,rating\n5,1,4,3\n6,1,5,1\n", "row 1 has 4 fields and there are 3 columns: '5,1,4,3'"),
        ("user,item,rating\n5,1,4\n\n6,1\n", "row 2 has 2 fields and there are 3 columns: '6,1'"),
        ("user,item,rating\n5,1,4,\n", "row 1 has 4 fields"),
        ("user,item,rating\n1,2,3\n1,3,7\n", "row 2 has a rating of 7; ratings must be numbers from 1 to 5"),
        ("user,item,rating\n1,2,good\n", "row 1 has a rating of good"),
        ("user,item,rating\n1,2,\n", "row 1 has a rating of nothing"),
        ("user,item,rating\n1,2,inf\n", "row 1 has a rating of inf"),
        ("user,item,rating\n1,2,3\n,3,3\n", "row 2 has no user"),
        ("user,item,rating\n1,2,3\n1,2,4\n", "row 2 rates item 2 a second time by user 1"),
        ('user,item,rating\n1,"2,3\n', "row 1 has 2 fields"),
    ],
)
def test_a_bad_row_is_named(tmp_path, content, named):
    (tmp_path / "table.csv").write_text(content)
    with pytest.raises(BadInput) as caught:
        table_source(tmp_path / "table.csv").read()
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "how", "named"),
    [
        ("table.xlsx", {}, "must end in .csv"),
        ("ml-latest.zip", {}, "GroupLens' zips are read by `ecosystem data movielens`"),
        (
            "broken.csv",
            {"written": Written("::")},
            "separator is '::'; it must be one character, such as ';', '|' or tab",
        ),
        (
            "broken.csv",
            {"written": Written(encoding="utf-9")},
            "encoding is 'utf-9', which there is not; such as utf-8",
        ),
        ("broken.csv", {"written": Written(encoding="utf-8")}, "cannot be read as ',' between fields, utf-8"),
        ("nowhere.csv", {}, "No such file"),
        ("broken.parquet", {}, "cannot be read"),
        ("broken.parquet", {"lowest": 5, "highest": 1}, "the lowest must be below the highest"),
        (".", {}, "must end in"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, how, named):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "broken.csv").write_bytes("user,item,rating\né,1,2\n".encode("latin-1"))
    with pytest.raises(BadInput, match=named):
        table_source(tmp_path / name, **how).read()
