from __future__ import annotations

import os
import shutil
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.ratings.grouplens import movielens_source, parse_movielens
from ecosystem_agents.inputs.checks import BadInput

LINES = "1::1193::5::978300760\n1::661::3::978302109\n2::1193::4::978298413\n"


@pytest.fixture
def write(tmp_path):
    """Write files into a folder and return it."""

    def write(**files: str | bytes):
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            (tmp_path / f"{name}.dat").write_bytes(content)
        return tmp_path

    return write


def test_by_hand(write):
    ratings = movielens_source(write(ratings=LINES, movies="1193::Cuckoo's Nest (1975)::Drama\n")).read()
    assert ratings.user_ids.tolist() == [1, 2]
    assert ratings.item_ids.tolist() == [661, 1193]
    assert ratings.user.tolist() == [0, 0, 1]
    assert ratings.item.tolist() == [1, 0, 1]
    assert ratings.rating.tolist() == [5, 3, 4]
    assert ratings.titles == ["movie 661", "Cuckoo's Nest (1975)"]
    assert ratings.ratings_per_user().tolist() == [2, 1]
    assert ratings.ratings_per_item().tolist() == [1, 2]
    assert ratings.has_titles


def test_a_byte_order_mark_is_no_part_of_the_data(write):
    plain = movielens_source(write(ratings=LINES, movies="661::Café::Drama\n", users="1::F\n")).digest
    files = {"ratings": LINES, "movies": "661::Café::Drama\n", "users": "1::F::1::1::1\n2::F::1::1::1\n"}
    source = movielens_source(write(**{name: text.encode("utf-8-sig") for name, text in files.items()}))
    assert source.digest == plain
    assert source.read().rating.tolist() == [5, 3, 4]
    assert source.read().titles[0] == "Café"
    with pytest.raises(BadInput, match=r"^ratings\.dat line 1 is .*four fields"):
        movielens_source(write(ratings=LINES.encode("utf-16"))).read()


def test_titles_in_the_encoding_grouplens_wrote(write):
    content = "661::Misérables, Les (1995)::Drama\n"
    for encoding in ("latin-1", "utf-8"):
        ratings = movielens_source(write(ratings=LINES, movies=content.encode(encoding))).read()
        assert ratings.titles[0] == "Misérables, Les (1995)"


def test_zip_folder_and_file_are_the_same_source(movielens_folder, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "ml-1m"), "zip", movielens_folder.parent, "ml-1m")
    ways = (movielens_folder, movielens_folder.parent, movielens_folder / "ratings.dat", archive)
    assert len({movielens_source(path).digest for path in ways}) == 1
    read = [movielens_source(path).read() for path in ways]
    assert all((one.rating == read[0].rating).all() and one.titles == read[0].titles for one in read)
    assert len(read[0].rating) == len((movielens_folder / "ratings.dat").read_text().splitlines())


def test_another_byte_is_another_source(write):
    first = movielens_source(write(ratings=LINES)).digest
    assert movielens_source(write(ratings=LINES.replace("::5::", "::4::"))).digest != first


@given(
    st.dictionaries(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), st.integers(1, 5), min_size=1)
)
def test_what_is_written_is_read(table):
    text = "".join(f"{user}::{movie}::{stars}::0\r\n" for (user, movie), stars in table.items())
    ratings = parse_movielens({"ratings.dat": text.encode()})
    keys = zip(ratings.user_ids[ratings.user], ratings.item_ids[ratings.item], strict=True)
    assert dict(zip(keys, ratings.rating, strict=True)) == table


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "empty"),
        (
            "1,1193,5,978300760\n",
            "line 1 is '1,1193,5,978300760', which has not four fields separated by '::'",
        ),
        (LINES + "2\t661\t3\t978302109\n", "line 4"),
        (LINES + "3::661::7::978302109\n", "line 4 has a rating of 7; ratings must be from 1 to 5"),
        (LINES + "3::661::0::978302109\n", "line 4 has a rating of 0"),
        (LINES + "3::661::4.5::978302109\n", "line 4 has Rating '4.5'"),
        (LINES + "bob::661::4::978302109\n", "line 4 has UserID 'bob'; it must be a whole number"),
        (LINES + "-3::661::4::978302109\n", "line 4 has UserID '-3'"),
        (LINES + "3::::4::978302109\n", "line 4 has MovieID ''"),
        (LINES + "3::661::nan::978302109\n", "line 4 has Rating 'nan'"),
        (LINES + "3::" + "9" * 30 + "::4::978302109\n", "line 4 has MovieID '999"),
        (LINES + "3::661", "line 4 is '3::661'"),
        (LINES + "3::661::4::1::2\n", "line 4"),
        (LINES + "3::661::4::1::2\n4::5::6\n", "line 4"),
        (LINES + '3::661::"4::1\n', "line 4 has Rating"),
        (LINES + "1::1193::2::978300760\n", "movie 1193 rated twice by user 1"),
        (b"\x00\xff\xfe PNG not text \x80" * 5, "line 1"),
        (b"\xff\xfe" + LINES.encode("utf-16-le"), "line 1"),
    ],
)
def test_a_bad_line_is_named(write, content, named):
    with pytest.raises(BadInput) as caught:
        movielens_source(write(ratings=content)).read()
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


LATEST = {
    "ml-latest-small/ratings.csv": "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,003,0.5,9\n2,1,5.0,9\n",
    "ml-latest-small/movies.csv": 'movieId,title,genres\n1,Café (1995),D\n003,"American President, The (1995)",W\n',
    "ml-latest-small/links.csv": "movieId,imdbId,tmdbId\n1,0114709,862\n",
    "ml-latest-small/README.txt": "Summary",
}
FIRST = {
    "ml-100k/u.data": "1\t1\t4\t881250949\n1\t003\t3\t881250949\n2\t1\t5\t9\n",
    "ml-100k/u.item": '1|Café (1995)|01-Jan-1995||http://x|0|1\n003|"American" President, The (1995)||||0\n',
    "ml-100k/u1.base": "1\t1\t4\t881250949\n",
}


@pytest.mark.parametrize("files", [LATEST, FIRST], ids=["with a header row", "MovieLens-100K"])
def test_the_other_movielens_are_read_as_they_are(tmp_path, files):
    with zipfile.ZipFile(tmp_path / "ml.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content.encode("latin-1" if name.endswith("u.item") else "utf-8"))
    with zipfile.ZipFile(tmp_path / "ml.zip") as archive:
        archive.extractall(tmp_path)
    main, titles = list(files)[:2]
    for path in (tmp_path / "ml.zip", tmp_path, (tmp_path / main).parent, tmp_path / main):
        source = movielens_source(path)
        ratings = source.read()
        assert ratings.user_ids.tolist() == ["1", "2"]
        assert ratings.item_ids.tolist() == ["003", "1"]
        assert ratings.item.tolist() == [1, 0, 1]
        assert ratings.rating.tolist() == [4.0, 0.5 if files is LATEST else 3.0, 5.0]
        assert [title.replace('"', "") for title in ratings.titles] == [
            "American President, The (1995)",
            "Café (1995)",
        ]
        assert source.read().read_as == main.rpartition("/")[2]
    (tmp_path / titles).unlink()
    assert movielens_source(tmp_path).read().titles == ["003", "1"]
    with (tmp_path / main).open("a") as out:
        out.write("3" + files[main].splitlines()[-1][1:] + "\t9,9\n")
    with pytest.raises(BadInput, match=f"'{ratings.read_as}' row 4 has .* fields and there are 4 columns"):
        movielens_source(tmp_path).read()


def test_files_of_two_data_sets_are_told_apart(write):
    folder = write(ratings=LINES, users="1::F::1::10::48067\n")
    with pytest.raises(BadInput, match=r"user 2, whom users.dat does not list"):
        movielens_source(folder).read()
    with pytest.raises(BadInput, match=r"movies.dat line 1 is 'Toy Story'"):
        movielens_source(
            write(ratings=LINES, users="1::F::1::1::4\n2::F::1::1::4\n", movies="Toy Story\n")
        ).read()


def test_archives_and_folders_that_cannot_be_read(movielens_folder, tmp_path, monkeypatch):
    archive = tmp_path / "ml-1m.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.write(movielens_folder / "ratings.dat", "ml-1m/ratings.dat")
    whole = archive.read_bytes()
    for name, content in {
        "truncated": whole[: len(whole) // 2],
        "damaged": whole[:60] + bytes(200) + whole[260:],
        "text": b"hello",
        "nothing": b"",
    }.items():
        (tmp_path / f"{name}.zip").write_bytes(content)
        with pytest.raises(BadInput, match="cannot be read"):
            movielens_source(tmp_path / f"{name}.zip").read()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as out:
        out.writestr("readme.txt", "no ratings")
    for path in (tmp_path / "other.zip", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(BadInput, match=r"holds no ratings.dat; download"):
            movielens_source(path)
    with pytest.raises(BadInput, match="does not exist"):
        movielens_source(tmp_path / "nowhere.zip")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)  # root may read everything: chmod would not do
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(BadInput, match=r"cannot be read .*Permission denied"):
        movielens_source(tmp_path / "empty")


def test_the_real_file(real_movielens):
    ratings = movielens_source(real_movielens).read()
    assert (len(ratings.rating), len(ratings.user_ids), len(ratings.item_ids)) == (1_000_209, 6040, 3706)
    assert (ratings.ratings_per_user() > 200).sum() == 1578
    assert np.bincount(ratings.rating.astype(int)).tolist() == [0, 56174, 107557, 261197, 348971, 226310]
