"""Caches are optional: damaged, unreadable or nowhere to be written, they cost time and a line at most."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import subprocess
import sys
import textwrap
import warnings

import numba
import pytest

from ecosystem import heartbeat
from ecosystem.compiling import compiled


def tripled(x):
    return 3 * x


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Give compiled code a folder of its own."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("ecosystem.compiling._told", [])
    return tmp_path / "cache"


def hits_after(argument=1.5):
    """Return how much of a kernel the cache had, once it was called, as in a new process, and found right."""
    kernel = compiled(tripled)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert kernel(argument) == 3 * argument
    assert len(said) <= 1
    assert all(re.fullmatch("compiled code is not kept .*", str(one.message)) for one in said)
    return sum(kernel.stats.cache_hits.values())


def kept(cache, ending):
    (file,) = cache.rglob(f"*tripled*.{ending}")
    return file


def flip(content, at):
    return content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :]


DAMAGE = {
    "emptied": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "one byte short": lambda content: content[:-1],
    "zeroed": lambda content: bytes(len(content)),
    "flipped at the front": lambda content: flip(content, 3),
    "flipped in the middle": lambda content: flip(content, len(content) // 2),
    "flipped at the end": lambda content: flip(content, len(content) - 40),
    "another file": lambda content: b"\x80\x05N.",
}


def test_what_is_whole_is_used(cache):
    assert hits_after() == 0
    assert hits_after() == 1


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_code_is_compiled_afresh(cache, ending, damage):
    hits_after()
    file = kept(cache, ending)
    file.write_bytes(DAMAGE[damage](file.read_bytes()))
    assert hits_after() == 0
    assert hits_after() == 1  # and kept again


def unreadable(file):
    file.unlink()
    file.symlink_to(file)  # a loop, which root cannot read either


def folder(file):
    file.unlink()
    (file / "inside").mkdir(parents=True)


def pipe(file):
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("put", [unreadable, folder, pipe])
def test_what_is_no_file_is_no_cache(cache, ending, put):
    hits_after()
    put(kept(cache, ending))
    assert hits_after() == 0
    assert hits_after() == (0 if put is folder else 1)


def test_code_of_other_types_is_not_run(cache):
    # What a full disk leaves: the index names a file, in which something else stands.
    hits_after(1.5)
    hits_after(1)
    of_floats, of_integers = sorted(cache.rglob("*tripled*.nbc"))
    content = of_floats.read_bytes()
    of_floats.write_bytes(of_integers.read_bytes())
    of_integers.write_bytes(content)
    assert hits_after() == 0


def test_code_that_another_version_of_the_market_is_built_into_is_not_run(cache, monkeypatch):
    hits_after()
    monkeypatch.setattr("ecosystem.compiling._market_sources", lambda: "another")
    assert hits_after() == 0


def test_a_full_disk_keeps_nothing_and_says_so_once(cache):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        kernel = compiled(tripled)
        with pytest.warns(UserWarning, match=r"not kept \(File too large\).*NUMBA_CACHE_DIR") as said:
            assert [kernel(1.5), kernel(1)] == [4.5, 3]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(said) == 1
    assert not [*cache.rglob("*.tmp.*")]
    assert hits_after() == 0
    assert hits_after() == 1


@pytest.mark.parametrize("home", ["~", pytest.param("/dev/null", marks=pytest.mark.slow)])
def test_without_a_home_folder_nothing_is_kept_nor_made(tmp_path, home):
    (tmp_path / "__pycache__").touch()  # numba's first choice, which is no folder here
    script = """
        from ecosystem.compiling import compiled

        @compiled
        def doubled(x):
            return 2 * x

        print(doubled(2))
    """
    (tmp_path / "doubled.py").write_text(textwrap.dedent(script))
    process = run_python("doubled.py", tmp_path, HOME=home, NUMBA_CACHE_DIR="")
    assert process.stdout == "4\n"
    assert process.stderr.count("compiled code is not kept") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"__pycache__", "doubled.py"}


STARTS = """
import os, sys
from ecosystem_runs.command_line import main

sys.argv[1:] = ["--version"]
try:
    main()
finally:
    import matplotlib

    print(matplotlib.get_cachedir(), os.environ.get("NUMBA_CACHE_DIR"))
"""


def started(folder, **environment):
    (folder / "main.py").write_text(STARTS)
    return run_python(str(folder / "main.py"), folder, **environment)


def test_matplotlib_without_a_folder_says_nothing(tmp_path):
    process = started(tmp_path, MPLCONFIGDIR="/dev/null/matplotlib")
    assert process.returncode == 0
    assert process.stderr == ""
    assert "/dev/null" not in process.stdout.splitlines()[-1]


def test_a_home_folders_sign_in_a_variable_is_the_home_folder(tmp_path):
    home = str(tmp_path)
    process = started(tmp_path, HOME=home, MPLCONFIGDIR="~/m", NUMBA_CACHE_DIR="~/n")
    assert process.stdout.splitlines()[-1] == f"{home}/m {home}/n"
    assert not (tmp_path / "~").exists()


def run_python(script, folder, **environment):
    return subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env={**os.environ, "XDG_CACHE_HOME": "", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
def test_two_hundred_damages(cache):
    rng = random.Random(7)
    hits_after()
    for number in range(200):
        file = kept(cache, rng.choice(["nbi", "nbc"]))
        content = file.read_bytes()
        at = rng.randrange(len(content))
        damage = rng.choice(["cut", "flip", "zero", "unreadable", "pipe"])
        if damage in ("cut", "flip", "zero"):
            end = at + rng.randrange(1, 200)
            zeroed = content[:at] + bytes(len(content[at:end])) + content[end:]
            damaged = {"cut": content[:at], "flip": flip(content, at), "zero": zeroed}[damage]
            file.write_bytes(damaged)
            expected = int(damaged == content)
        else:
            (unreadable if damage == "unreadable" else pipe)(file)
            expected = 0
        assert hits_after() == expected, (number, damage, file.name, at)
        assert hits_after() == 1


@pytest.mark.slow
def test_a_command_goes_on_without_its_cache(tmp_path):
    def run(name):
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        command = [sys.executable, "-m", "ecosystem_runs.command_line", "run", "figure1", "--steps", "5"]
        return subprocess.run(
            [*command, "--json", "--out", str(tmp_path / name)],
            env=environment,
            capture_output=True,
            text=True,
        )

    whole = run("whole")
    for file in (tmp_path / "cache").rglob("*.nbi"):
        file.write_bytes(b"")
    damaged = run("damaged")
    assert [whole.returncode, damaged.returncode] == [0, 0]
    hashes = [json.loads(one.stdout)["strategies_hash"] for one in (whole, damaged)]
    assert hashes[0] == hashes[1]
    assert damaged.stderr == whole.stderr


def test_who_asks_is_told_once_that_code_is_compiled_and_not_that_it_was_kept(cache, monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(heartbeat, "when_compiling", [lambda: told.append("compiling")])
    hits_after()
    compiled(tripled)("ab")
    assert told == ["compiling"]
    heartbeat.when_compiling.append(lambda: told.append("again"))
    assert hits_after() == 1
    assert told == ["compiling"]
