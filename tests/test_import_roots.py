"""Import names are nobody else's: a user's own `agents.py`, and other libraries of that name, are left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

import ecosystem
from ecosystem import plugins

ROOT = Path(__file__).parents[1]


def test_a_users_own_modules_are_left_alone(tmp_path):
    for name in ("agents", "runs", "server", "tests"):
        (tmp_path / f"{name}.py").write_text(f"MINE = {name!r}\n")
    script = tmp_path / "model.py"
    script.write_text(
        "import agents, runs, server, tests\n"
        "from ecosystem import CreatorEconomy\n"
        "from ecosystem.plugins import Creator\n"
        "import ecosystem_runs.command_line, ecosystem_server\n"
        "assert [m.MINE for m in (agents, runs, server, tests)] == ['agents', 'runs', 'server', 'tests']\n"
        "print(CreatorEconomy(environment='figure1', rng=0).n_users)\n"
    )
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("5\n", 0), done.stderr


def test_another_librarys_agents_is_left_alone(tmp_path):
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").write_text("class Agent:\n    pass\n")
    script = "from agents import Agent; from ecosystem import batch; from ecosystem.plugins import Creator"
    path = os.pathsep.join([os.environ["PYTHONPATH"], str(tmp_path)])  # theirs comes last
    subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": path}, check=True)


def test_the_wheels_top_level_is_ours(tmp_path):
    pytest.importorskip("hatchling")
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, tmp_path], cwd=ROOT, check=True, capture_output=True, text=True
    )
    names = zipfile.ZipFile(tmp_path / done.stdout.split()[-1]).namelist()
    roots = {name.partition("/")[0].partition("-")[0] for name in names}
    assert roots == {*ROOTS, "creator_ecosystem"}
    assert {"ecosystem_server/live/controls.vue", "ecosystem/py.typed"} <= {*names}


ROOTS = {"ecosystem", "ecosystem_agents", "ecosystem_runs", "ecosystem_server"}


def test_importing_ecosystem_imports_nothing_heavy():
    script = "import sys, ecosystem, ecosystem.plugins; print(*{'mesa', 'numba', 'numpy', 'pandas'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "\n"


def test_every_name_offered_is_there():
    for name in ecosystem.__all__:
        assert getattr(ecosystem, name).__name__ == name
    for name in plugins.__all__:
        assert getattr(plugins, name) is not None
    with pytest.raises(AttributeError, match=r"plugins.py has no attribute 'Batch'"):
        plugins.Batch  # noqa: B018
    assert ecosystem.__version__ == "0.2.0"
    with pytest.raises(AttributeError, match="no attribute 'Batch'"):
        ecosystem.Batch  # noqa: B018
    import_module("ecosystem.batching")
    assert callable(ecosystem.batch)
