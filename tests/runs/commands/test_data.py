from __future__ import annotations

import json
import os
import re

import numpy as np
import pandas as pd
import pytest


def test_movielens_from_ratings_to_a_run(command, movielens_folder, own_cache, tmp_path):
    pytest.importorskip("cornac")
    code, out, err = command("data", "movielens", "--path", movielens_folder, "--validate", "--json")
    assert code == 0
    assert err.startswith("ecosystem: this is not the whole of MovieLens-1M")
    figures = json.loads(out)
    assert figures["ratings"] == len((movielens_folder / "ratings.dat").read_text().splitlines())
    assert (figures["users"], figures["movies"], figures["complete"]) == (90, 120, False)
    assert figures["read_as"] == "ratings.dat"
    assert figures["titles"] is True
    assert len(figures["rmse_folds"]) == 5
    assert figures["rmse"] == pytest.approx(sum(figures["rmse_folds"]) / 5)
    assert figures["training_rmse"] < figures["rmse"] < 2
    assert figures["prepared_already"] is False
    code, again, _ = command("data", "movielens", "--path", movielens_folder)
    assert code == 0
    assert "none, they were prepared already" in again
    small = [
        f"--set={s}" for s in ("n_creators=6", "shared=30", "private=20", "active_above=40", "n_groups=4")
    ]
    code, out, _ = command(
        "run", "movielens", "--mechanism", "smt", "--steps", 10, *small, "--out", tmp_path / "run", "--json"
    )
    assert code == 0
    assert 0 < json.loads(out)["welfare"] < 1
    creators = pd.read_parquet(tmp_path / "run" / "creators.parquet")
    assert creators["start_title"].nunique() == 1
    assert creators["end_title"].str.startswith("Café").all()


def test_another_factorisation_is_kept_beside(command, movielens_folder, own_cache, tmp_path):
    pytest.importorskip("cornac")
    data = ("data", "movielens", "--path", movielens_folder, "--dim", 4, "--model", "nmf")
    assert json.loads(command(*data, "--json").out)["name"] == "movielens-nmf"
    small = [
        f"--set={s}" for s in ("n_creators=2", "shared=30", "private=0", "active_above=40", "n_groups=2")
    ]
    run = ("run", "movielens", "--steps", 2, *small)
    assert command(*run, "--set", "model=nmf", "--out", tmp_path / "nmf").code == 0
    assert (
        "no ratings are prepared under the name 'movielens';" in command(*run, "--out", tmp_path / "mf").err
    )
    assert "--biases is given with --model nmf, which has none" in command(*data, "--biases").err


def test_any_rating_table(command, movielens_folder, own_cache, tmp_path):
    pytest.importorskip("cornac")
    table = pd.read_csv(
        movielens_folder / "ratings.dat", sep="::", names=["who", "what", "rating", "when"], engine="python"
    )
    table["who"] = "reader " + table["who"].astype(str)
    table.to_parquet(tmp_path / "books.parquet")
    columns = ("--user", "who", "--item", "what", "--name", "books", "--dim", 6)
    code, out, _ = command("data", "ratings", "--path", tmp_path / "books.parquet", *columns, "--json")
    assert code == 0
    assert json.loads(out)["items"] == 120
    assert json.loads(out)["rmse"] is None
    assert json.loads(out)["prepared_already"] is False
    code, out, _ = command("data", "ratings", "--path", tmp_path / "books.parquet", *columns)
    assert code == 0
    assert "ratings kept as books" in out
    assert "Parquet" in out


def test_an_export_with_semicolons_in_latin_1(command, movielens_folder, own_cache, tmp_path):
    pytest.importorskip("cornac")
    table = pd.read_csv(
        movielens_folder / "ratings.dat",
        sep="::",
        names=["User-ID", "ISBN", "Book-Rating", "when"],
        engine="python",
    )
    table["User-ID"] = "José " + table["User-ID"].astype(str)
    table.to_csv(tmp_path / "books.csv", sep=";", encoding="latin-1", index=False, quoting=1)
    columns = ("--user", "User-ID", "--item", "ISBN", "--rating", "Book-Rating", "--highest", 10)
    told = (
        "data",
        "ratings",
        "--path",
        tmp_path / "books.csv",
        *columns,
        "--dim",
        4,
        "--epochs",
        1,
        "--json",
    )
    code, out, _ = command(*told)
    assert code == 0
    assert json.loads(out)["read_as"] == "';' between fields, latin-1"
    code, out, _ = command(*told, "--separator", ";", "--encoding", "latin-1")
    assert json.loads(out)["prepared_already"]
    code, _, err = command(*told, "--separator", "|")
    assert code == 2
    assert "no column 'User-ID'" in err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "--path is not given; download ml-1m.zip from https://grouplens.org/datasets/movielens/1m/"),
        (("--path", "nowhere"), "does not exist"),
        (("--path", "bad"), "a rating of 7"),
        (("--path", "bad", "--dim", 1), "--dim is 1"),
        (("--path", "bad", "--seed", -1), "--seed is -1"),
        (("--path", "bad", "--model", "deep"), "--model is 'deep'; it must be one of mf, nmf, pmf"),
    ],
)
def test_one_clear_line_and_exit_code_2(command, own_cache, tmp_path, monkeypatch, arguments, named):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "ratings.dat").write_text("1::2::7::0\n")
    code, out, err = command("data", "movielens", *arguments, "--json")
    assert code == 2
    assert out == ""
    assert named in err
    assert err.count("\n") == 1
    assert not own_cache.exists()


def test_a_world_is_checked_before_it_runs(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("users.npy", rng.standard_normal((60, 6)))
    np.save("items.npy", 40 * rng.standard_normal((100, 6)))
    files = ("users.npy", "--items", "items.npy", "--set", "n_groups=2", "--steps", 40)
    as_is = command("data", "check", *files, "--set", "max_norm=none", "--json")
    assert as_is.code == 0, as_is.err
    reach, lists, *_ = json.loads(as_is.out)["findings"]
    assert reach["line"] == "eta 0.2 reaches no other item from 100 of 100 starts"
    assert lists["cures"] == ["K=5"]
    asked: list[bool] = []
    monkeypatch.setattr("ecosystem_runs.progress.tell_compiling", asked.append)
    told = command("data", "check", *files)
    assert asked == [False]  # steps are tried, and compiled for, here
    assert told.out.count("\nLOOK  ") == 2
    longer, shorter = reach["cures"]
    scaled = (
        f"LOOK  scaled for you to {shorter.replace('=', ' ')}, since {reach['line']}; to decide yourself: "
    )
    assert f"{scaled}--set max_norm=none, or --set {longer}\n" in told.out
    assert "vectors of users, as scaled, have lengths" in told.out
    assert "vectors of users have lengths" in as_is.out
    assert command("data", "check", "users.npy", "--set", "items=items.npy", *files[3:]).out.startswith(
        told.out[:900]
    )
    assert re.search(
        r"\nit will take about \d+ s \([\d.]+ ms a step\) and 0 MB of memory for the world\n$", told.out
    )
    run = ("run", "embeddings", "--set", "file=users.npy", "--set", "items=items.npy", *files[3:])
    moved = command(*run, "--out", "moved")
    assert moved.code == 0, moved.err
    assert "everybody is on every list: use --set K=5\n" in moved.err
    assert "ecosystem: it will take about " in moved.err
    assert "nobody moved" not in moved.err
    config = json.loads((tmp_path / "moved" / "config.json").read_text())
    assert f"max_norm={config['in_force']['max_norm']:g}" == reach["cures"][1]
    still = command(*run, "--set", "max_norm=none", "--out", "still")
    assert f"ecosystem: {reach['line']}: use --set eta=" in still.err
    assert "100.0%" in still.out  # of moves were accepted
    assert "nobody moved in 40 steps: steps of eta 0.2 lead back to where they start" in still.err
    assert "max_norm" not in json.loads((tmp_path / "still" / "config.json").read_text())["in_force"]
    assert command("data", "check", "nowhere.npy").code == 2
    # Of many users some are looked at; what a run takes is told of all.
    np.save("many.npy", rng.standard_normal((30_000, 6)))
    many = json.loads(command("data", "check", "many.npy", *files[1:], "--json").out)
    assert "of 4,096 users looked at" in str(many["findings"])
    assert many["bytes"] > 100 * json.loads(as_is.out)["bytes"] / 2


def test_the_real_embeddings_are_checked(command):
    if not (path := os.environ.get("ECOSYSTEM_EMBEDDINGS")):
        pytest.skip("ECOSYSTEM_EMBEDDINGS is not set to a path of embeddings of MovieLens-1M")
    found = json.loads(command("data", "check", path, "--json").out)
    assert [one["about"] for one in found["findings"] if not one["harmless"]] == ["lists"]
    assert found["max_norm"] is None


@pytest.mark.slow  # a minute of a model's training; the made-up ratings above take the same way
def test_the_real_ratings(command, real_movielens, own_cache):
    pytest.importorskip("cornac")
    code, out, err = command("data", "movielens", "--path", real_movielens, "--validate", "--json")
    assert code == 0
    assert err == ""
    figures = json.loads(out)
    assert figures["complete"]
    assert figures["active_users"] == 1578
    assert figures["rmse"] <= 0.856
    assert figures["seconds_to_embeddings"] < 60
