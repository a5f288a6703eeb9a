"""Kept results that were damaged: put aside and run again, or refused in one line; never believed."""

import copy
import errno
import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.command_line import app
from ecosystem_runs.folders import CONFIG
from ecosystem_runs.jobs import kept as kept_module
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.kept import open_folder, read_config
from ecosystem_runs.jobs.queue import Done
from ecosystem_runs.sweeps import sweep as sweep_module
from ecosystem_runs.sweeps.plan import parse_plan
from ecosystem_runs.sweeps.sweep import status, sweep

PLAN = {"environment": "figure1", "steps": 20, "seeds": 40, "parameters": {"eta": [0.1, 0.2]}}
KEPT = {".parquet", ".json"}


def trivial(collect, job, every=0):
    """Stand in for a run: figures that only this job has."""
    size = job.seed + job.parameters["eta"]
    return {f"{name}{end}": size / (k + 3) for k, name in enumerate(collect) for end in ("", "_last")}


class Sweeps:
    """Folders of one small sweep: finished, half-way, and of another sweep of the same shape."""

    def __init__(self, root):
        self.plan = parse_plan(PLAN)
        self.stand_in(root)
        sweep(self.plan, InProcess(), self.finished, quiet=True)
        sweep(parse_plan(PLAN | {"steps": 21}), InProcess(), self.other, quiet=True)
        self.table = (self.finished / "table.parquet").read_bytes()
        with self.opened() as kept:
            for runs in (range(40), range(40, 55), range(55, 70)):
                kept.add([self.done(k) for k in runs])

    def stand_in(self, root):
        """Take the folders there."""
        self.root = root
        self.finished, self.halfway, self.other = root / "finished", root / "halfway", root / "other"

    def opened(self):
        """Hold the sweep that is half-way."""
        return open_folder(self.halfway, self.plan.description(), sweep_module._columns(self.plan))

    def done(self, k):
        """Return what a run finds."""
        run = list(self.plan.runs())[k]
        return Done(k, trivial(self.plan.collect, Job(run.parameters, run.seed)), None, 0.1)

    def resumed(self, folder):
        """Go on in a folder; return its table's bytes."""
        sweep(self.plan, InProcess(), folder, quiet=True)
        return (folder / "table.parquet").read_bytes()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep_module, "run_one", trivial)
        return Sweeps(tmp_path_factory.mktemp("sweeps"))


@pytest.fixture
def sweeps(made, tmp_path, monkeypatch):
    """Give copies of the folders, in which runs take no time."""
    monkeypatch.setattr(sweep_module, "run_one", trivial)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    own = copy.copy(made)
    own.stand_in(Path(shutil.copytree(made.root, tmp_path / "sweeps")))
    return own


def parts_of(folder):
    return sorted((folder / "parts").glob("*.parquet"))


def flip(rng, content):
    at = rng.integers(len(content))
    return content[:at] + bytes([content[at] ^ 1 << rng.integers(8)]) + content[at + 1 :]


def digit(rng, content):
    places = [k for k, byte in enumerate(content) if byte in b"0123456789"]
    at = int(rng.choice(places)) if places else 0
    return content[:at] + b"%d" % rng.integers(10) + content[at + 1 :]


def zero(rng, content):
    start, end = sorted(rng.integers(len(content) + 1, size=2))
    return content[:start] + bytes(end - start) + content[end:]


def shuffle(rng, content):
    size = int(rng.choice([16, 64, 512]))
    blocks = [content[k : k + size] for k in range(0, len(content), size)]
    return b"".join(blocks[k] for k in rng.permutation(len(blocks)))


DAMAGES = {
    "flip": flip,
    "flips": lambda rng, content: flip(rng, flip(rng, flip(rng, content))),
    "digit": digit,
    "zero": zero,
    "shuffle": shuffle,
    "cut": lambda rng, content: content[: rng.integers(len(content))],
    "cut in front": lambda rng, content: content[rng.integers(len(content)) :],
    "longer": lambda rng, content: content + rng.bytes(rng.integers(1, 40)),
    "noise": lambda rng, content: rng.bytes(len(content)),
    "empty": lambda rng, content: b"",
}


def damaged(rng, folder):
    """Damage one file that is kept in a folder; return it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in KEPT]
    victim = files[rng.integers(len(files))]
    whole = content = victim.read_bytes()
    while content == whole:
        content = DAMAGES[str(rng.choice(list(DAMAGES)))](rng, whole)
    victim.write_bytes(content)
    return victim


def outcome(resume, whole):
    """Return how going on in a damaged folder ended."""
    try:
        found = resume()
    except BadInput as error:
        return "refused" if "\n" not in str(error) else "of many lines"
    except Exception as error:
        return f"traceback of {type(error).__name__}"
    return "identical" if found == whole else "wrong"


def outcome_of(victim, resume, whole):
    """Return what was damaged, and how going on ended; a part must have been put aside as it was."""
    is_part, content = victim.parent.name == "parts", victim.read_bytes()
    ended = outcome(resume, whole)
    if is_part and ended == "identical":
        aside = victim.with_suffix(".damaged")
        ended = "put aside" if aside.exists() and aside.read_bytes() == content else "believed"
    return "part" if is_part else "config" if victim.name == CONFIG else "table", ended


ALLOWED = {
    ("part", "put aside"),
    ("table", "identical"),  # made anew
    ("config", "refused"),
    ("config", "identical"),  # only its last line break was cut off: it says what it said
}


@pytest.mark.parametrize("count", [30, pytest.param(2000, marks=pytest.mark.slow)])
def test_no_damage_is_believed(sweeps, tmp_path, capsys, count):
    rng, outcomes = np.random.default_rng(16), Counter()
    for k in range(count):
        folder = tmp_path / str(k)
        shutil.copytree([sweeps.finished, sweeps.halfway][k % 2], folder)
        victim = damaged(rng, folder)
        assert outcome(lambda folder=folder: status(folder).missing <= 80, True) in ("identical", "refused")
        outcomes[outcome_of(victim, lambda folder=folder: sweeps.resumed(folder), sweeps.table)] += 1
        shutil.rmtree(folder)
    if count > 60:
        with capsys.disabled():
            print(outcomes)
    assert set(outcomes) <= ALLOWED, outcomes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "tables", "count"),
    [
        ("sweep PLAN --workers 0", ["table.parquet"], 60),
        ("arena figure1 --policies hmt --seeds 2 --steps 20 --workers 0", ["arena.json"], 60),
        (
            "abtest --users 100 --days 2 --burn-in 2 --resamples 20 --threads 1",
            ["lifts.parquet", "days.parquet"],
            12,
        ),
    ],
)
def test_no_damage_is_believed_by_commands(tmp_path, capsys, words, tables, count):
    (tmp_path / "plan.toml").write_text(
        'environment = "figure1"\nsteps = 20\nseeds = 3\ncollect = ["welfare"]\n'
    )
    whole = tmp_path / "whole"

    def run(folder):
        line = words.replace("PLAN", str(tmp_path / "plan.toml"))
        app([*line.split(), "--out", str(folder), "--json"], standalone_mode=False)
        return [(folder / name).read_bytes() for name in tables]

    undisturbed, rng, outcomes = run(whole), np.random.default_rng(8), Counter()
    for k in range(count):
        folder = tmp_path / str(k)
        shutil.copytree(whole, folder)
        victim = damaged(rng, folder)
        outcomes[outcome_of(victim, lambda folder=folder: run(folder), undisturbed)] += 1
        shutil.rmtree(folder)
    with capsys.disabled():
        print(words.split()[0], outcomes)
    assert set(outcomes) <= ALLOWED, outcomes


def swap(sweeps, folder):
    first, second, _ = parts_of(folder)
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    return [first, second]


def exchange_numbers(sweeps, folder):
    """Rename two parts, so that of two results of a job the earlier would count."""
    first, second, _ = parts_of(folder)
    renamed = [first.with_name(second.name[:8] + first.name[8:])]
    renamed.append(first.with_name(first.name[:8] + second.name[8:]))
    second.rename(first.with_name("free"))
    first.rename(renamed[0])
    first.with_name("free").rename(renamed[1])
    return renamed


def of_another_run(sweeps, folder):
    (part,) = parts_of(sweeps.other)
    return [Path(shutil.copy(part, folder / "parts"))]


def under_a_good_name(sweeps, folder):
    (part,) = parts_of(sweeps.other)
    victim = parts_of(folder)[1]
    shutil.copy(part, victim)
    return [victim]


def without_a_hash(sweeps, folder):
    """Call a part what the version before called it."""
    victim = parts_of(folder)[2]
    return [victim.rename(victim.with_name("00000003.parquet"))]


def a_folder(sweeps, folder):
    victim = parts_of(folder)[0]
    victim.unlink()
    victim.mkdir()
    (victim / "mine.txt").write_text("kept")
    return [victim]


def a_pipe(sweeps, folder):
    victim = parts_of(folder)[0]
    victim.unlink()
    os.mkfifo(victim)
    return [victim]


def a_link_to_nothing(sweeps, folder):
    victim = parts_of(folder)[0]
    victim.unlink()
    victim.symlink_to("nowhere")
    return [victim]


def emptied(sweeps, folder):
    victim = parts_of(folder)[0]
    victim.write_bytes(b"")
    return [victim]


@pytest.mark.parametrize(
    "attack",
    [
        swap,
        exchange_numbers,
        of_another_run,
        under_a_good_name,
        without_a_hash,
        a_folder,
        a_pipe,
        a_link_to_nothing,
        emptied,
    ],
)
def test_a_part_that_does_not_fit_is_named_and_put_aside(sweeps, capsys, attack):
    victims = attack(sweeps, sweeps.halfway)
    assert sorted(status(sweeps.halfway).damaged) == sorted(map(str, victims))
    assert sweeps.resumed(sweeps.halfway) == sweeps.table
    lines = capsys.readouterr().err.splitlines()
    asides = [victim.with_suffix(".damaged") for victim in victims]
    assert len(lines) == len(asides)
    for aside in asides:
        assert os.path.lexists(aside)  # nothing is deleted
        assert any(f"put aside as {aside}, what it held runs again" in line for line in lines)


def test_what_was_put_aside_before_stays(sweeps):
    victim = parts_of(sweeps.halfway)[0]
    for earlier in (b"first", b"second"):
        victim.write_bytes(earlier)
        with sweeps.opened() as kept:
            assert len(kept.damaged) == 1
    assert victim.with_suffix(".damaged").read_bytes() == b"first"
    assert victim.with_suffix(".damaged-2").read_bytes() == b"second"


def test_a_part_that_is_damaged_while_the_command_runs(sweeps):
    with sweeps.opened() as kept:
        victim = parts_of(sweeps.halfway)[1]
        victim.write_bytes(victim.read_bytes()[:-1])
        for read in (kept.rows, kept.merge):
            with pytest.raises(BadInput, match="15 results are damaged or gone; run the same command again"):
                read()
    assert victim.exists()
    assert sweeps.resumed(sweeps.halfway) == sweeps.table


NO_CONFIGS = {
    "empty": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe\x00",
    "zeros": bytes(300),
    "a list": b"[]",
    "a number": b"NaN",
    "without a checksum": b'{"description": {}}',
    "a checksum of another type": b'{"description": {}, "checksum": [1]}',
    "a lone surrogate": b'{"description": {"seeds": "\\ud800"}, "checksum": "\\udfff"}',
    "nested": b'{"description":' * 100_000,
    "nested lists": b"[" * 100_000,
    "many digits": b'{"description": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("content", NO_CONFIGS.values(), ids=NO_CONFIGS)
def test_what_is_no_config_is_one_line(sweeps, content):
    config = sweeps.halfway / "config.json"
    config.write_bytes(content)
    for use in (sweeps.resumed, status, read_config):
        with pytest.raises(BadInput, match=r"config.json' is damaged, or not of this version; move it away"):
            use(sweeps.halfway)
    config.unlink()
    assert sweeps.resumed(sweeps.halfway) == sweeps.table


@pytest.mark.parametrize("instead", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_is_no_config(sweeps, instead):
    config = sweeps.halfway / "config.json"
    config.unlink()
    instead(config)
    with pytest.raises(BadInput, match="is damaged, or not of this version; move it away"):
        sweeps.resumed(sweeps.halfway)


def test_a_changed_digit_of_the_config_is_noticed(sweeps):
    config = sweeps.halfway / "config.json"
    text = config.read_text()
    config.write_text(text.replace('"steps": 20', '"steps": 30'))
    assert config.read_text() != text
    with pytest.raises(BadInput, match="is damaged"):
        status(sweeps.halfway)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS, errno.EIO])
def test_a_file_system_without_locks_is_a_line(sweeps, capsys, monkeypatch, number):
    def flock(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(kept_module.fcntl, "flock", flock)
    assert sweeps.resumed(sweeps.halfway) == sweeps.table
    (line,) = capsys.readouterr().err.splitlines()
    assert f"no locks in {str(sweeps.halfway)!r} ({os.strerror(number)}); run no other command there" in line


def test_who_holds_a_folder_is_named_as_far_as_it_is_known(sweeps, monkeypatch):
    def refusal():
        with pytest.raises(BadInput, match="is in use by another command") as refused:
            sweeps.resumed(sweeps.halfway)
        return str(refused.value).partition("command")[2]

    def there():
        return f", process {os.getpid()} on {kept_module.platform.node()}; wait for it, or stop it"

    lock = sweeps.halfway / ".lock"
    with sweeps.opened():
        assert refusal() == there()
        written = lock.read_bytes()
        for content in (b"", b"\xff\x00", written[:-9], written.replace(b'"process": ', b'"process": 1')):
            lock.write_bytes(content)
            assert refusal() == "; wait for it, or stop it"
        lock.write_bytes(written)
        monkeypatch.setattr(kept_module.os, "kill", gone)
        assert refusal() == "; wait for it, or stop it"
        monkeypatch.setattr(kept_module.platform, "node", lambda: "elsewhere")
        assert refusal().startswith(f", process {os.getpid()} on ")  # what runs there cannot be asked


def gone(process, signal):
    raise ProcessLookupError
