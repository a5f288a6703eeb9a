"""The house keeps its order: imports run one way, names stay apart, the project speaks for itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ecosystem_agents", "ecosystem", "ecosystem_runs", "ecosystem_server")
FOLDERS = [ROOT / "agents", ROOT / "ecosystem", ROOT / "runs", ROOT / "server"]
ALLOWED = {
    "agents": {"ecosystem_agents"},
    "ecosystem": {"ecosystem_agents", "ecosystem"},
    "runs": {"ecosystem_agents", "ecosystem", "ecosystem_runs"},
    "server": {"ecosystem_agents", "ecosystem", "ecosystem_server"},
}
MODULES = sorted(path for folder in FOLDERS for path in folder.rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            # `from package import module` imports both.
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in imports_of(path)} & set(PACKAGES)
    assert ours <= ALLOWED[package]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts if parts[0] == "ecosystem" else parts[1:]).removesuffix(".__init__")


def test_no_module_imports_itself_by_way_of_others():
    modules = {module_name(path): path for path in MODULES}
    # Imports inside functions and for types alone count as well: none of them hides a circle.
    below = {name: imports_of(path) & modules.keys() - {name} for name, path in modules.items()}

    def reached(name: str) -> set[str]:
        found: set[str] = set()
        waiting = [*below[name]]
        while waiting:
            other = waiting.pop()
            if other not in found:
                found.add(other)
                waiting += below[other]
        return found

    assert [name for name in modules if name in reached(name)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_kernels_import_numba(path):
    if "kernels" not in path.stem and module_name(path) != "ecosystem.compiling":
        assert not {name for name in imports_of(path) if name.split(".")[0] == "numba"}


def test_agents_need_only_numpy_and_mesa():
    for path in (ROOT / "agents").rglob("*.py"):
        roots = {name.split(".")[0] for name in imports_of(path)}
        assert roots - sys.stdlib_module_names <= {"ecosystem_agents", "mesa", "numpy"}, path


def test_modules_stay_short():
    # Examples in docstrings, which come last in them, are read by themselves and count nothing.
    examples = re.compile(r'\n\n *Examples\n *--------\n.*?(?=\n *""")', re.S)
    lengths = {str(p.relative_to(ROOT)): examples.sub("", p.read_text()).count("\n") for p in MODULES}
    # Kernels that call each other share a file; a model lists its parameters, which are many, twice.
    most = {"ecosystem/economy/economy.py": 500, "ecosystem/market/market.py": 460}
    long = {path: n for path, n in lengths.items() if n > most.get(path, 900 if "kernels" in path else 450)}
    assert not long


def test_no_function_takes_more_than_eight_parameters():
    # Keywords of these are what users may vary: of public constructors, and the options of an environment.
    wide_by_intent = {
        ("ecosystem.economy.economy", "__init__"),
        ("ecosystem.market.market", "__init__"),
        ("ecosystem.ranking.competition", "__init__"),
        ("ecosystem.environments.embeddings", "build"),
        ("ecosystem.environments.movielens", "build"),
        ("ecosystem.environments.niches", "build"),
    }
    wide = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "kernels" not in path.stem:
                arguments = node.args
                if len([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]) > 8:
                    wide.add((module_name(path), node.name))
    assert wide == wide_by_intent


def test_agents_know_the_type_of_their_world():
    for path in (ROOT / "agents").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.arg) and node.arg == "model":
                assert isinstance(node.annotation, ast.Name), path
                assert node.annotation.id.endswith("World"), path


def test_the_project_speaks_for_itself():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode != 0:
        paths = [
            p for p in ROOT.rglob("*") if p.is_file() and p.suffix in {".py", ".md", ".toml", ".js", ".txt"}
        ]
    else:
        paths = [ROOT / line for line in tracked.stdout.splitlines()]
    # Spelt apart, so that this file does not contain what it looks for.
    banned = re.compile(
        "|".join(["\\.\\./sha" + "red", "Must sh" + "ow", "/work/" + "main", "design sec" + "tion"])
    )
    for path in paths:
        if (
            path.suffix in {".png", ".npz", ".json"}
            or path.relative_to(ROOT).parts[0] == ".ci"
            or not path.exists()
        ):
            continue
        found = banned.search(path.read_text(errors="ignore"))
        assert found is None, f"{path}: {found.group() if found else ''}"
