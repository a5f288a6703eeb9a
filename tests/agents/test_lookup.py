"""Names of what is built in, installed or in a file: found, called with their arguments, refused in one line."""

from __future__ import annotations

import copy
import pickle
import sys
from dataclasses import dataclass

import pytest

from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.lookup import (
    absolute,
    files_in,
    find,
    is_plugin,
    make,
    names_of,
    parse,
    short,
    split_names,
)


@dataclass(frozen=True)
class Plain:
    K: int = 1
    share: float = 0.5


@dataclass(frozen=True)
class Picky:
    K: int

    def __post_init__(self):
        if self.K == 0:
            raise BadInput("K is 0; it must be a whole number at least 1")
        if self.K < 0:
            raise KeyError("K")


OBJECT = object()
BUILTIN = {"plain": Plain, "picky": Picky, "object": OBJECT}

FILE = """
from dataclasses import dataclass
import math
from math import sqrt

@dataclass(frozen=True)
class Quota:
    share: float = 0.25

standing = Quota(share=0.75)
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mine.py"


def install(folder, package, lines, group="creator_ecosystem.mechanisms"):
    """Put a package's metadata and module where Python looks for installed ones."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n" + "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("hmt", "hmt", {}),
        (" hmt ", "hmt", {}),
        ("hmt()", "hmt", {}),
        ("uniform(K=4)", "uniform", {"K": 4}),
        ("backward(weights=(1, 0.5, -0.25))", "backward", {"weights": (1, 0.5, -0.25)}),
        ("a(b=')', c=[None, True], d={'x': 1})", "a", {"b": ")", "c": [None, True], "d": {"x": 1}}),
        ("mine.py:Quota", "mine.py:Quota", {}),
        ("/a (b)/c.d/mine.py:Quota(share=.5)", "/a (b)/c.d/mine.py:Quota", {"share": 0.5}),
        ("mine.py:Quota(file='other.py:X')", "mine.py:Quota", {"file": "other.py:X"}),
    ],
)
def test_names_and_arguments_are_read(text, name, arguments):
    assert parse("mechanism", text) == (name, arguments)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "uniform(K=4",
        "uniform K=4)",
        "uniform(4)",
        "uniform(K)",
        "uniform(**{'K': 4})",
        "uniform(*(4,))",
        "uniform(K=4, K=5)",
        "uniform(K=2+2)",
        "uniform(K=open('/etc/passwd'))",
        "uniform(K=__import__('os').getpid())",
        "uniform(K=4).deploy()",
        "uniform(K=4)(K=5)",
        "uniform(K=" + "(" * 500 + ")" * 500 + ")",
        "uniform(K='" + "x" * 5000 + "')",
        None,
        3,
    ],
)
def test_what_is_no_name_is_refused_in_one_line(text):
    with pytest.raises(BadInput, match="mechanism is ") as error:
        parse("mechanism", text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 3000


def test_lists_split_outside_parentheses():
    assert split_names("none@0,uniform(K=4, beta=0.1)@50") == ["none@0", "uniform(K=4, beta=0.1)@50"]
    assert split_names("mine.py:Bold=20,lbr") == ["mine.py:Bold=20", "lbr"]
    assert split_names(" a , b(c=(1, 2), d='),(') ,, ") == ["a", "b(c=(1, 2), d='),(')"]
    assert split_names("") == []


def test_paths_become_absolute_or_short_and_nothing_else_changes(mine):
    full = str(mine)
    assert absolute("mine.py:Quota(share=0.5)") == f"{full}:Quota(share=0.5)"
    assert absolute("none@0,./mine.py:Quota@50") == f"none@0,{full}:Quota@50"
    assert absolute("mine.py:Bold=20,lbr") == f"{full}:Bold=20,lbr"
    assert short(absolute("mine.py:Bold=20,lbr")) == "mine.py:Bold=20,lbr"
    assert files_in("none@0,mine.py:Quota@50") == [full]
    for text in ("hmt", "uniform(K=4)", "uniform(file='a.py:X')", "still=20,explore=5"):
        assert absolute(text) == short(text) == text
        assert files_in(text) == []


def test_built_in_names_are_found_and_made():
    assert find("mechanism", "plain", BUILTIN) is Plain
    assert make("mechanism", "plain", BUILTIN) == Plain()
    assert make("mechanism", "plain(K=3)", BUILTIN) == Plain(K=3)
    assert make("mechanism", "object", BUILTIN) is OBJECT
    assert not is_plugin("plain(K=3)", BUILTIN)
    assert is_plugin("mine.py:Quota", BUILTIN)
    assert is_plugin("quota", BUILTIN)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plian", "did you mean 'plain'"),
        ("plain(k=3)", "an argument of mechanism plain is 'k'; it must be one of K, share"),
        ("picky", r"needs the argument K; write picky\(K=...\)"),
        ("picky(K=0)", "K is 0; it must be"),
        ("picky(K=-1)", r"mechanism picky\(K=-1\) cannot be made: KeyError: 'K'"),
        ("object(K=1)", "object takes no arguments"),
    ],
)
def test_a_built_in_that_cannot_be_made_says_why(text, says):
    with pytest.raises(BadInput, match=says):
        make("mechanism", text, BUILTIN)


def test_find_takes_no_arguments():
    with pytest.raises(BadInput, match="plain takes no arguments"):
        find("mechanism", "plain(K=3)", BUILTIN)


def test_a_file_is_imported_once_and_again_when_it_changes(mine):
    quota = make("mechanism", "mine.py:Quota(share=0.5)", {})
    again = make("mechanism", f"{mine}:Quota(share=0.5)", {})
    assert quota == again
    assert type(quota) is type(again)
    assert copy.deepcopy(quota) == quota
    assert pickle.loads(pickle.dumps(quota)) == quota
    assert make("mechanism", "mine.py:standing", {}).share == 0.75
    mine.write_text(FILE.replace("0.25", "0.125"))
    assert make("mechanism", "mine.py:Quota", {}).share == 0.125
    assert quota.share == 0.5


@pytest.mark.parametrize(
    ("source", "name", "says"),
    [
        (FILE, "nowhere.py:Quota", "there is no file '.*nowhere.py'"),
        (FILE, "mine.py", "say which name in the file, such as mine.py:Quota"),
        (FILE, "mine.py:Qouta", r"'Qouta'; it must be one of Quota, standing; did you mean 'Quota'"),
        (FILE, "mine.py:Quota(chair=1)", "did you mean 'share'"),
        (FILE, "mine.py:standing(share=1)", "takes no arguments"),
        ("import math", "mine.py:Quota", "nothing is defined"),
        ("x = 1\nclass Quota:\n  def (", "mine.py:Quota", "mine.py, line 3: SyntaxError"),
        ("x = 1\n\ny = x / 0", "mine.py:Quota", "mine.py, line 3: ZeroDivisionError: division by zero"),
        ("import no_such_module", "mine.py:Quota", "mine.py, line 1: ModuleNotFoundError"),
        ("raise SystemExit(0)", "mine.py:Quota", "mine.py, line 1: SystemExit"),
        ("x = '\0'", "mine.py:Quota", "mine.py.*null bytes"),
        ("class Quota:\n  def __init__(self):\n    raise OSError('no')", "mine.py:Quota", "OSError: no"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(mine, source, name, says):
    mine.write_text(source)
    before = set(sys.modules)
    with pytest.raises(BadInput, match=says) as error:
        make("mechanism", name, {})
    assert "\n" not in str(error.value)
    if "line" in says:
        assert not {m for m in set(sys.modules) - before if m.startswith("creator_ecosystem_plugin")}


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(BadInput, match="cannot be read"):
        make("mechanism", f"{tmp_path}/folder.py:Quota", {})


def test_installed_packages_bring_names(tmp_path, monkeypatch):
    install(tmp_path, "quota-pack", ["quota = quota_pack:Quota"])
    (tmp_path / "quota_pack.py").write_text(FILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert names_of("mechanism", BUILTIN) == [*BUILTIN, "quota"]
    assert names_of("reward", BUILTIN) == [*BUILTIN]
    assert make("mechanism", "quota(share=0.5)", BUILTIN).share == 0.5
    with pytest.raises(BadInput, match="did you mean 'quota'"):
        make("mechanism", "qouta", BUILTIN)


def test_a_broken_package_breaks_only_itself(tmp_path, monkeypatch):
    install(tmp_path / "a", "broken-pack", ["broken = broken_pack:Quota", "gone = no_such_pack:Quota"])
    install(tmp_path / "b", "quota-pack", ["quota = quota_pack2:Quota"])
    (tmp_path / "a" / "broken_pack.py").write_text("1 / 0")
    (tmp_path / "b" / "quota_pack2.py").write_text(FILE)
    monkeypatch.syspath_prepend(str(tmp_path / "a"))
    monkeypatch.syspath_prepend(str(tmp_path / "b"))
    assert names_of("mechanism", BUILTIN) == [*BUILTIN, "broken", "gone", "quota"]
    assert make("mechanism", "quota", BUILTIN).share == 0.25
    with pytest.raises(BadInput, match=r"broken of the package broken-pack .*ZeroDivisionError"):
        make("mechanism", "broken", BUILTIN)
    with pytest.raises(BadInput, match=r"gone of the package broken-pack .*ModuleNotFoundError"):
        make("mechanism", "gone", BUILTIN)


def test_a_built_in_name_cannot_be_shadowed(tmp_path, monkeypatch):
    install(tmp_path, "greedy-pack", ["plain = greedy_pack:Quota"])
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BadInput, match="plain is built in, and the package greedy-pack brings another"):
        make("mechanism", "plain", BUILTIN)
    assert names_of("mechanism", BUILTIN) == [*BUILTIN]


def test_two_packages_with_one_name_are_told_apart_by_nobody(tmp_path, monkeypatch):
    for package in ("one-pack", "two-pack"):
        install(tmp_path / package, package, ["quota = somewhere:Quota"])
        monkeypatch.syspath_prepend(str(tmp_path / package))
    with pytest.raises(BadInput, match=r"quota comes from .*-pack and .*-pack"):
        make("mechanism", "quota", BUILTIN)


def test_every_kind_has_a_group_of_its_own():
    assert len(set(lookup.GROUPS.values())) == len(lookup.GROUPS) == 8
    assert all(group.startswith("creator_ecosystem.") for group in lookup.GROUPS.values())


def test_a_path_that_cannot_be_is_named():
    with pytest.raises(BadInput, match=r"null (byte|character)"):
        make("mechanism", "\0.py:Quota", BUILTIN)


def test_things_of_a_class_in_the_file_that_a_name_points_to(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("one = 1\ntwo = 2\nthree = 'three'\n")
    assert lookup.in_its_file("environment", f"{file}:three", int) == [f"{file}:one", f"{file}:two"]
    assert lookup.in_its_file("environment", "synthetic", int) == []
    assert lookup.in_its_file("environment", 3, int) == []
