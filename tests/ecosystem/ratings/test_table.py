from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

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
    assert ratings.user_ids.tolist() == [7, 9]
    assert ratings.item_ids.tolist() == [20, 30]
    assert ratings.user.tolist() == [0, 0, 1]
    assert ratings.item.tolist() == [1, 0, 1]
    assert ratings.rating.tolist() == [4.5, 1, 5]
    assert ratings.titles == ["item 20", "item 30"]
    assert not ratings.has_titles


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_a_byte_order_mark_is_no_part_of_a_column_name(tmp_path, ending):
    path = tmp_path / f"table{ending}"
    TABLE.to_csv(path, index=False, sep="\t" if ending == ".tsv" else ",", encoding="utf-8-sig")
    assert table_source(path).read().user_ids.tolist() == [7, 9]


def test_text_ids_and_columns_by_name(tmp_path):
    path = tmp_path / "books.csv"
    path.write_text("reader,book,stars,when\nana,0312X,7,1\nbo,99,10,2\n")
    columns = {"user": "reader", "item": "book", "rating": "stars"}
    ratings = table_source(path, **columns, highest=10, text_ids=True).read()
    assert ratings.user_ids.tolist() == ["ana", "bo"]
    assert ratings.titles == ["0312X", "99"]
    assert ratings.user_ids.dtype.kind == "U"  # plain text, which needs no pickling
    assert np.array_equal(ratings.rating, [7, 10])


def test_how_a_file_is_read_is_part_of_its_digest(tmp_path):
    path = tmp_path / "table.csv"
    TABLE.to_csv(path, index=False)
    digests = {
        table_source(path, **how).digest for how in ({}, {"highest": 6}, {"text_ids": True}, {"user": "item"})
    }
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "cannot be read"),
        ("user,item,rating\n", "holds no ratings"),
        ("user;item;rating\n1;2;3\n", "has no column 'user'; its columns are: user;item;rating"),
        ("user,item,rating\n1,2,3\n1,3,7\n", "row 2 has a rating of 7; ratings must be numbers from 1 to 5"),
        ("user,item,rating\n1,2,good\n", "row 1 has a rating of good"),
        ("user,item,rating\n1,2,\n", "row 1 has a rating of nan"),
        ("user,item,rating\n1,2,inf\n", "row 1 has a rating of inf"),
        ("user,item,rating\n1,2,3\nbob,2,3\n", "row 2 has user 'bob'; ids must be whole numbers"),
        ("user,item,rating\n1,2,3\n1,2.5,3\n", "row 2 has item '2.5'"),
        ("user,item,rating\n1,2,3\n,3,3\n", "row 2 has no user"),
        ("user,item,rating\n1,2,3\n1,2,4\n", "row 2 rates item 2 a second time by user 1"),
        ('user,item,rating\n1,"2,3\n', "cannot be read"),
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
        ("nowhere.csv", {}, "No such file"),
        ("broken.parquet", {}, "cannot be read"),
        ("broken.parquet", {"lowest": 5, "highest": 1}, "the lowest must be below the highest"),
        (".", {}, "must end in"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, how, named):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(BadInput, match=named):
        table_source(tmp_path / name, **how).read()
