"""Results of other code, other files or other plug-ins: refused by name, and nothing of them believed."""

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecosystem.ratings.grouplens import movielens_source
from ecosystem.ratings.prepared import prepare, remember
from ecosystem.ratings.training import TrainingSettings
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.commands.options import Place
from ecosystem_runs.digests.code import WITHOUT, Code, bare, code
from ecosystem_runs.digests.hashes import digest_of
from ecosystem_runs.digests.inputs import input_digest, inputs_of
from ecosystem_runs.folders import write_config
from ecosystem_runs.jobs.checked import Checked
from ecosystem_runs.jobs.kept import Kept, held, open_folder

ROOT = Path(__file__).parents[2]
PLAN = 'environment = "figure1"\nsteps = 5\nseeds = 2\n[parameters]\nmechanism = ["none", "hmt"]\n'
QUOTA = """
import importlib
import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from ecosystem.plugins import NoIntervention
import first
late = importlib.import_module("late")


class Quota(NoIntervention):
    def deploy(self, weights, beta, K, n_creators):
        from pack import lazy
        return super().deploy(weights, beta, K + first.MORE + late.MORE + lazy.MORE, n_creators)
"""
MODULES = {
    "mine.py": QUOTA,
    "first.py": "from second import MORE\n",
    "second.py": "MORE = 0\n",
    "late.py": "MORE = 0\n",
    "pack/__init__.py": "from . import lazy\n",
    "pack/lazy.py": "from .deep.deeper import MORE\n",
    "pack/deep/__init__.py": "",
    "pack/deep/deeper.py": "MORE = 0\n",
}
"""A plug-in, and everything beside it that it imports."""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in a folder of one's own, which has a plan."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


@pytest.fixture
def plugin(here, monkeypatch):
    """Give a plan with a plug-in and the modules beside it."""
    for name, text in MODULES.items():
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(text)
    (here / "plan.toml").write_text(PLAN.replace('"hmt"', '"mine.py:Quota"'))
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield here
    for name in [
        name for name, one in sys.modules.items() if str(getattr(one, "__file__", None)).startswith(str(here))
    ]:
        del sys.modules[name]


@pytest.fixture
def sweep(command):
    """Run the plan in this process, kept in ``out``; return how it ended."""

    def call(*options):
        return command("sweep", "plan.toml", "--workers", 0, "--out", "out", "--json", *options)

    return call


def config_of(folder):
    return json.loads((folder / "config.json").read_text())


def edited(folder, **changes):
    """Write a config with other values in it, as whole as one that was written so."""
    config = {key: value for key, value in config_of(folder).items() if key != "checksum"}
    write_config(folder, config | changes)


@pytest.fixture(scope="session")
def other_code(tmp_path_factory):
    """Give the environment of processes that run a copy of the project with one number changed."""
    copy = tmp_path_factory.mktemp("other")
    roots = [copy, *(copy / folder for folder in ("agents", "runs", "server"))]
    for package in ("ecosystem", "agents/ecosystem_agents", "runs/ecosystem_runs", "server/ecosystem_server"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    metrics = copy / "ecosystem" / "metrics.py"
    text = metrics.read_text()
    metrics.write_text(text.replace("    return float(np.mean(", "    return 100 + float(np.mean("))
    assert metrics.read_text() != text
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, roots))}


TWICE = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from ecosystem_runs.command_line import main
ended = []
for more in ([], ["--mix-versions"]):
    sys.argv = [*sys.argv, *more]
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    table, digest = Path("out/table.parquet"), json.loads(Path("out/config.json").read_text())["code_digest"]
    ended.append({"code": code, "out": out.getvalue(), "err": err.getvalue(), "table": table.read_bytes().hex(),
                  "digest": digest})
print(json.dumps(ended))
"""
"""A plan run twice by one process: as it is, and mixing versions; how each ended, and what it left."""


def note_of(folder):
    return pq.read_schema(folder / "table.parquet").metadata[b"note"].decode()


def refused(done, *words):
    """Check that a command ended with one line, which has these words."""
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    for word in words:
        assert word in done.err


def test_a_folder_that_other_code_began_is_refused_by_name(here, sweep, command, other_code):
    assert sweep().code == 0
    table = (here / "out" / "table.parquet").read_bytes()

    line = ["sweep", "plan.toml", "--workers", "0", "--out", "out", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", TWICE, *line], capture_output=True, text=True, env=other_code, check=True
    )
    before, after = (SimpleNamespace(**one) for one in json.loads(done.stdout))
    own = before.digest
    refused(before, f"code digest {own} there", "; they differ in ecosystem.metrics; ", "--mix-versions")
    assert bytes.fromhex(before.table) == table
    assert (after.code, after.err) == (0, f"ecosystem: {str(here / 'out')!r} holds {note_of(here / 'out')}\n")
    kept = config_of(here / "out")
    assert kept["code_digest"] == own
    assert kept["mixed_with"][0]["code_digest"] in note_of(here / "out")
    assert sweep().err == after.err
    assert json.loads(command("sweep", "report", "out", "--json").out)["mixed"] == note_of(here / "out")


@pytest.mark.parametrize("below", [".", "search", "a/b"])
def test_mixing_marks_each_folder_that_goes_on_and_no_other(here, below):
    columns = {"value": pa.float64()}

    def open_(out, description, mix_versions=True):
        folder = Place(here / out, mix_versions).folder("any", {})
        with open_folder(folder / below, description, columns):
            return config_of(folder / below)

    for out in ("mine", "another's"):
        open_(out, {"jobs": out})
        edited(here / out / below, code_digest="0" * 16)
    before = (here / "another's" / below / "config.json").read_bytes()
    with pytest.raises(BadInput, match="it differs in jobs"):
        open_("another's", {"jobs": "mine"})
    assert (here / "another's" / below / "config.json").read_bytes() == before
    with pytest.raises(BadInput, match="which other code began"):
        open_("mine", {"jobs": "mine"}, mix_versions=False)
    with held(here / "mine" / below), pytest.raises(BadInput, match="in use"):
        open_("mine", {"jobs": "mine"})
    assert "mixed_with" not in config_of(here / "mine" / below)
    assert [one["code_digest"] for one in open_("mine", {"jobs": "mine"})["mixed_with"]] == [code().digest]
    assert open_("mine", {"jobs": "mine"}, mix_versions=False)["code_digest"] == "0" * 16


@pytest.mark.parametrize(("key", "value"), [("code_digest", "0" * 16), ("version", "0.0.9")])
def test_another_version_or_digest_is_refused(here, sweep, key, value):
    assert sweep().code == 0
    edited(here / "out", **{key: value})
    refused(sweep(), "which other code began", value)


def test_a_folder_that_says_nothing_of_its_code_is_refused(here, sweep):
    assert sweep().code == 0
    write_config(here / "out", {"description": config_of(here / "out")["description"]})
    refused(sweep(), "version not recorded, code digest not recorded there")


def test_parts_of_other_code_are_not_believed_without_their_config(here, sweep, monkeypatch):
    with monkeypatch.context() as other:
        other.setattr("ecosystem_runs.jobs.kept.code", lambda: Code("0.1.0", "f" * 16, {}))
        assert sweep().code == 2  # its parts are not of the code that its config names
    (here / "out" / "config.json").unlink()
    refused(sweep(), "is a part of other results")


@pytest.mark.parametrize("other", [{"code_digest": "0" * 16}, {"version": "0.0.9"}])
def test_a_worker_says_which_code_it_has_and_what_it_ran_is_left_out(here, other):
    told = Checked(abs, {}, **other)
    found = told(-3)
    assert found.line(told).startswith(f"worker process {os.getpid()} on ")
    assert Checked(abs, {})(-3) == 3


def test_a_dask_worker_of_other_code_is_refused_by_name(here, command, other_code):
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 0, "processes": False, "dashboard_address": None, "protocol": "tcp"}
    with distributed.LocalCluster(**options, host="127.0.0.1") as cluster:
        words = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", str(here / "dask"))
        worker = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, *words],
            env=other_code,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            done = command(
                "sweep", "plan.toml", "--scheduler", cluster.scheduler_address, "--out", "out", "--json"
            )
        finally:
            worker.kill()
            worker.wait()
    assert (done.code, done.out) == (2, "")
    said = done.err.splitlines()[-1]
    assert f"worker process {worker.pid} on " in said
    assert f"code digest {config_of(here / 'out')['code_digest']} here" in said
    assert "they differ in ecosystem.metrics: install the same there as here" in said
    assert len(pq.read_table(here / "out" / "table.parquet")) == 0


@pytest.mark.parametrize("file", MODULES)
def test_a_module_beside_a_plug_in_is_part_of_it(plugin, file):
    parameters = {"environment": "figure1", "schedule": f"none@0,{plugin}/mine.py:Quota@3"}
    before = inputs_of(parameters)
    assert set(before) == {str(plugin / name) for name in MODULES}
    with (plugin / file).open("a") as source:
        source.write("MORE = 1\n")
    after = inputs_of(parameters)
    assert {name for name in before if before[name] != after[name]} == {str(plugin / file)}


def test_a_sweep_does_not_go_on_with_another_module_of_a_plug_in(plugin, sweep):
    assert sweep().code == 0
    (plugin / "second.py").write_text("MORE = 1\n")
    refused(sweep(), f"it differs in inputs ({plugin / 'second.py'})")
    (plugin / "second.py").write_text(MODULES["second.py"])
    assert json.loads(sweep().out)["resumed"] == 4


EDITS_ITSELF = """
from pathlib import Path
from ecosystem.plugins import NoIntervention

class Quota(NoIntervention):
    def deploy(self, weights, beta, K, n_creators):
        here = Path(__file__)
        if (here.parent / "now").exists():
            here.write_text(here.read_text() + "# edited\\n")
            (here.parent / "now").unlink()
        return super().deploy(weights, beta, K, n_creators)
"""


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_plug_in_that_is_edited_during_its_sweep_stops_it(plugin, command, workers, monkeypatch):
    (plugin / "mine.py").write_text(EDITS_ITSELF)
    add = Kept.add

    def adding(self, finished):
        add(self, finished)
        (plugin / "now").touch()  # the next job edits it

    monkeypatch.setattr(Kept, "add", adding)
    line = ("sweep", "plan.toml", "--out", "out", "--json", "--workers")
    done = command(*line, workers)
    assert (done.code, done.out) == (2, "")
    assert f"{plugin / 'mine.py'} was changed meanwhile: input digest " in done.err
    kept = pq.read_table(plugin / "out" / "table.parquet").to_pylist()
    assert 0 < len(kept) < 4
    assert {row["status"] for row in kept} == {"done"}
    refused(command(*line, 0), f"it differs in inputs ({plugin / 'mine.py'})")


@pytest.mark.parametrize("option", ["file", "items"])
def test_a_data_file_that_is_edited_during_its_sweep_stops_it(here, sweep, option, monkeypatch):
    rng = np.random.default_rng(0)
    for name in ("users", "items"):
        np.save(here / f"{name}.npy", rng.uniform(-1, 1, (30, 2)))
    files = 'file = "users.npy"\nitems = "items.npy"\nn_creators = 3\nn_groups = 2\n'
    (here / "plan.toml").write_text(PLAN.replace("figure1", "embeddings") + files)
    name = {"file": "users.npy", "items": "items.npy"}[option]
    add = Kept.add

    def adding(self, finished):
        add(self, finished)
        np.save(here / name, rng.uniform(-1, 1, (30, 2)))

    with monkeypatch.context() as patched:
        patched.setattr(Kept, "add", adding)
        refused(sweep(), f"{name} was changed meanwhile: input digest ", "what finished before is kept")
    assert len(pq.read_table(here / "out" / "table.parquet")) > 0
    refused(sweep(), f"it differs in inputs ({name})")


def test_a_plug_in_of_a_package_is_its_version_and_its_sources(here, monkeypatch):
    about = here / "quota_for_all-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: quota-for-all\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[creator_ecosystem.mechanisms]\nquota_for_all = quota_for_all:Quota\n"
    )
    (here / "quota_for_all.py").write_text("from ecosystem.plugins import NoIntervention as Quota\n")
    monkeypatch.syspath_prepend(str(here))
    found = []
    for file, text in [
        (here / "other.py", ""),
        (here / "quota_for_all.py", "from ecosystem.plugins import UIR as Quota\n"),
        (about / "METADATA", "Metadata-Version: 2.1\nName: quota-for-all\nVersion: 1.1\n"),
    ]:
        file.write_text(text)
        found.append(inputs_of({"mechanism": "quota_for_all"}))
    assert {name for one in found for name in one} == {"package:quota-for-all"}
    assert len({one["package:quota-for-all"] for one in found}) == 3


def test_prepared_ratings_are_an_input(own_cache, movielens_folder):
    digests = []
    for seed in (0, 1):
        remember("movielens", prepare(movielens_source(movielens_folder), TrainingSettings(seed=seed)))
        digests.append(inputs_of({"environment": "movielens"}))
    assert digests[0].keys() == digests[1].keys() == {"ratings:movielens"}
    assert digests[0] != digests[1]
    assert inputs_of({"environment": "movielens", "model": "nmf"}).keys() == {"ratings:movielens-nmf"}
    found = inputs_of({"environment": "movielens", "path": str(movielens_folder)})
    assert found.keys() == {str(movielens_folder)}


def test_files_among_a_plug_ins_arguments_are_inputs(here):
    (here / "shares.npz").write_bytes(b"1")
    found = inputs_of({"mechanism": "uniform(K=4)", "reward": "mine.py:Pay(file='shares.npz', name='none')"})
    assert found.keys() == {str(here / "mine.py"), "shares.npz"}
    (here / "shares.npz").write_bytes(b"2")
    assert input_digest("shares.npz") != found["shares.npz"]


def test_a_folder_is_all_that_is_below_it_but_results(here):
    for name in ("a.parquet", "b.parquet"):
        (here / "users" / name).parent.mkdir(exist_ok=True)
        (here / "users" / name).write_text(name)
    flat = [f"{name} {sha256(name.encode()).hexdigest()}" for name in ("a.parquet", "b.parquet")]
    digests = [input_digest("users")]
    assert digests == [digest_of("\n".join(["", *flat]))]
    for country in ("DE", "FR", "DE"):
        part = here / "users" / f"country={country}" / "a.parquet"
        part.parent.mkdir(exist_ok=True)
        part.write_text(f"{len(digests)}")
        digests.append(input_digest("users"))
    assert len(set(digests)) == 4
    write_config(here / "users" / "country=FR", {})
    (here / "users" / "country=FR" / "a.parquet").unlink()
    assert input_digest("users") == digest_of(
        "\n".join(["", *flat, f"country=DE/a.parquet {sha256(b'3').hexdigest()}"])
    )


SOURCE = '''"""About."""
KINDS = {"a": 1,
    """b""": 2}  # two


class One:
    """A class."""

    size = 3
    """Its size."""

    def twice(self):
        """Return "it" twice."""
        return self.size * 2  # "of" it
'''


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("# two", "# 2", False),
        ('  # "of" it', "", False),
        ('"""Its size."""', '"""How large."""', False),
        ('"""Return "it" twice."""', 'r"""Say \\"""again\\"""."""', False),
        ("\n\n\nclass", "\n\nclass", False),
        ('"""About."""', "# About.", False),
        ("* 2", "* 2.5", True),
        ('"""b"""', '"""c"""', True),
        ("    size = 3", "    size = 3; more = 1", True),
        ('"a": 1', '"#a": 1', True),
    ],
)
def test_comments_and_docstrings_are_not_in_the_code_digest(old, new, counts):
    assert old in SOURCE
    assert (bare(SOURCE) != bare(SOURCE.replace(old, new))) == counts


def test_the_code_digest_is_of_what_decides_numbers():
    found = set(code().modules)
    assert {"ecosystem.market.trials", "ecosystem.metrics", "ecosystem_agents.mechanisms.hmt"} <= found
    assert not found & {
        "ecosystem.heartbeat",
        "ecosystem.own_look",
        "ecosystem.dask_client",
        "ecosystem.plugins",
    }
    assert not any(
        name.startswith(("ecosystem.testing", "ecosystem_runs", "ecosystem_server")) for name in found
    )
    assert all(find_spec(name) for name in WITHOUT)


PYTHONS = sorted(Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python"))


@pytest.mark.skipif(not PYTHONS, reason="no other Python is here")
def test_every_python_finds_the_same_code_digest():
    script = (
        "import sys, types; sys.modules['numpy'] = types.ModuleType('numpy'); "
        "from ecosystem_runs.digests.code import code; print(code().digest)"
    )
    roots = os.environ | {"PYTHONPATH": os.pathsep.join(str(ROOT / one) for one in ("", "agents", "runs"))}
    for python in PYTHONS:
        line = [str(python), "-c", script]
        assert (
            subprocess.run(line, env=roots, capture_output=True, text=True, check=True).stdout.strip()
            == code().digest
        )


@pytest.mark.parametrize(
    "line",
    [
        ("run", "figure1", "--steps", 5),
        ("figure", "1", "--steps", 5),
        ("abtest", "--users", 60, "--days", 1, "--burn-in", 1, "--min-group", 5, "--resamples", 2),
        ("arena", "figure1", "--policies", "uir", "--seeds", 1, "--steps", 10, "--workers", 0),
    ],
)
def test_every_folder_says_what_made_it(here, command, line):
    assert command(*line, "--out", "out", "--json").code == 0
    for folder in (path.parent for path in (here / "out").rglob("config.json")):
        kept = config_of(folder)
        assert code().as_dict().items() <= kept.items()
        assert len(kept["input_digest"]) == 16


def test_a_report_says_that_its_runs_are_of_different_code(here, command):
    line = (
        "arena",
        "figure1",
        "--policies",
        "uir",
        "--seeds",
        1,
        "--steps",
        10,
        "--workers",
        0,
        "--out",
        "out",
    )
    assert command(*line).code == 0
    for folder in (here / "out", here / "out" / "planner"):
        edited(folder, code_digest="0" * 16)
    assert "which other code began" in command(*line).err
    assert command(*line, "--mix-versions").code == 0
    text = (here / "out" / "arena.md").read_text()
    assert "results of different code" in text
    assert f"code digest {'0' * 16}" in text
    assert code().digest in text
