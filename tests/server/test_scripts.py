"""The pages' scripts as ES modules: what they take from each other they import, and joined they are one module."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import ecosystem_server
from ecosystem_server.board import script

HERE = Path(ecosystem_server.__file__).parent
MODULES = sorted(HERE.rglob("*.js"))
NAMED = re.compile(r"^(?:export )?(?:(?:async )?function|class|const) (\w+)", re.MULTILINE)
EXPORTED = re.compile(r"^export (?:(?:async )?function|class|const) (\w+)", re.MULTILINE)
IMPORTED = re.compile(r'^import \{ ([^}]*) \} from "([^"]+)";', re.MULTILINE)


def imports_of(path: Path) -> dict[str, Path]:
    found = IMPORTED.findall(path.read_text())
    return {name: (path.parent / file).resolve() for names, file in found for name in names.split(", ")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HERE)))
def test_a_module_imports_what_it_uses_and_nothing_else(path):
    text = path.read_text()
    imports = imports_of(path)
    for name, module in imports.items():
        assert name in EXPORTED.findall(module.read_text()), f"{module.name} has no {name}"
    words = set(re.findall(r"(?<![.\w])\w+", re.sub(r"//.*|^import .*", "", text, flags=re.MULTILINE)))
    assert set(imports) <= words
    own = set(NAMED.findall(text))
    others = {
        name
        for other in MODULES
        if other.parent.name == "page"
        for name in EXPORTED.findall(other.read_text())
    }
    calls = set(re.findall(r"(?<![.\w])(?:new )?(\w+)\(", re.sub(r"//.*", "", text)))
    assert not (calls & others) - set(imports) - own


@pytest.mark.parametrize(
    "entry",
    [path for path in MODULES if "export default" in path.read_text()],
    ids=lambda path: str(path.relative_to(HERE)),
)
def test_joined_it_is_one_module_in_which_every_name_stands_once(entry):
    joined = script(entry)
    names = NAMED.findall(joined)
    assert len(names) == len(set(names)) > 10
    assert "import {" not in joined
    assert joined.count("export ") == 1
    if node := shutil.which("node"):
        checked = subprocess.run(
            [node, "--check", "--input-type=module"], input=joined, text=True, capture_output=True
        )
        assert checked.returncode == 0, checked.stderr
