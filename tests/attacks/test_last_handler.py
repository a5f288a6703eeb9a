"""Whatever ends a command is one line and the right exit code, and says what is kept; only Ctrl-C is 130."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecosystem_runs.command_line import main
from ecosystem_runs.jobs.kept import read_config
from ecosystem_runs.jobs.local_workers import LocalWorkers
from ecosystem_runs.jobs.queue import EngineLost

HERE = Path(__file__)
SCRIPT = (sys.executable, "-m", "ecosystem_runs.command_line")
FOLDERS = ("agents", "runs", "server", ".")
PLACE = "ecosystem_runs.commands.list._things"  # a step of `ecosystem list`
TRACED = "; ECOSYSTEM_TRACEBACK=1 shows how it came to this"


@pytest.fixture
def ended_by(monkeypatch, capsys):
    """Let `ecosystem list` raise something half-way; return code, standard output and standard error."""

    def call(error: BaseException) -> tuple[int, str, str]:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(PLACE, fail)
        monkeypatch.setattr(sys, "argv", ["ecosystem", "list"])
        with pytest.raises(SystemExit) as ended:
            main()
        return (ended.value.code, *capsys.readouterr())

    return call


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (KeyError("x\ny"), 1, "unexpected KeyError: 'x\\ny' ("),
        (ValueError("two\nlines"), 1, "unexpected ValueError: two lines ("),
        (RecursionError("too deep"), 1, "unexpected RecursionError: too deep ("),
        (UnicodeEncodeError("ascii", "é", 0, 1, "no"), 1, "unexpected UnicodeEncodeError: "),
        (EOFError(), 1, "unexpected EOFError ("),
        (SystemExit(0), 1, "unexpected SystemExit: 0 ("),
        (MemoryError("8 GiB"), 1, "out of memory: 8 GiB; nothing is kept"),
        (MemoryError(), 1, "out of memory; nothing is kept"),
        (
            OSError(28, "No space left on device", "/some/file"),
            1,
            "'/some/file' cannot be used (No space left",
        ),
        (OSError("a library's own"), 1, "unexpected OSError: a library's own ("),
        (PermissionError(13, "Permission denied", b"\xff"), 1, "\"b'\\\\xff'\" cannot be used (Permission"),
        (KeyboardInterrupt(), 130, "interrupted; nothing is kept"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_whatever_a_command_raises_is_a_line_and_a_code(ended_by, error, code, line):
    found, out, err = ended_by(error)
    assert (found, out.strip()) == (code, "")
    assert err.startswith(f"ecosystem: {line}")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    if "unexpected" in line:
        assert err.endswith(f"(test_last_handler.py, line {LINE}); nothing is kept{TRACED}\n")


LINE = next(k for k, line in enumerate(HERE.read_text().splitlines(), 1) if "raise error" in line)


def test_the_traceback_of_a_mistake_is_there_for_who_asks(ended_by, monkeypatch):
    monkeypatch.setenv("ECOSYSTEM_TRACEBACK", "1")
    _, _, err = ended_by(ZeroDivisionError("oh"))
    assert err.startswith("Traceback")
    assert err.splitlines()[-1].startswith("ecosystem: unexpected ZeroDivisionError: oh (")


def test_a_reader_that_goes_away_ends_it_without_a_word(ended_by):
    assert ended_by(BrokenPipeError(32, "Broken pipe")) == (141, "", "")


def shell(script: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script in which ``$E`` is the command line."""
    root = HERE.parents[2]
    path = os.pathsep.join(str(root / name) for name in FOLDERS)
    environment = os.environ | {"E": " ".join(SCRIPT), "PYTHONPATH": path, "PYTHONSAFEPATH": "1"} | more
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize("which", ["worst", pytest.param("all", marks=pytest.mark.slow)])
def test_streams_that_are_closed_full_or_gone_and_odd_surroundings(tmp_path, which):
    full = (
        "ecosystem: standard output cannot be written (No space left on device); results in files are kept\n"
    )
    gone = (
        "ecosystem: the current folder cannot be used (No such file or directory); go to one that exists; "
        "nothing is kept\n"
    )
    odd_name = (
        "ecosystem: '\\udcff' is no text in UTF-8; give a name that is, such as by a link to the file\n"
    )
    cases = {
        "$E enrich theory 3 7 > /dev/full": (1, full),
        "set -o pipefail; $E --help | true": (141, ""),
        "$E --version >&- 2>&- <&-": (0, ""),
        "mkdir gone; cd gone; rmdir ../gone; $E figure enrichment --seeds 1": (2, gone),
        "$E enrich $'\\xff' 2> /dev/full": (2, ""),
    }
    more = {
        "set -o pipefail; $E enrich theory 3 7 | true": (141, ""),
        "$E enrich theory 3 7 >&- 2>&- <&-": (0, ""),
        "mkdir gone; cd gone; rmdir ../gone; $E data ratings --path a.csv --name x > /dev/null": (2, None),
        "$E enrich theory 3 7 2> /dev/full > /dev/null": (0, ""),
        "$E enrich $'\\xff'": (2, odd_name),
    }
    if which == "all":
        cases |= more
    script = "".join(f"( {case} ); echo $? >> codes; echo == >&2\n" for case in cases)
    odd = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "COLUMNS": "1", "TERM": "none such"}
    done = shell(script.replace(">> codes", f">> {tmp_path}/codes"), tmp_path, **odd)
    codes = [int(code) for code in (tmp_path / "codes").read_text().split()]
    lines = done.stderr.split("==\n")
    for case, code, err in zip(cases, codes, lines, strict=False):
        wanted, text = cases[case]
        assert (code, err if text is None else text) == (wanted, err), case
        assert "Traceback" not in err, case
    assert len(codes) == len(cases)


def test_a_command_that_needs_too_much_memory_says_so(tmp_path):
    """As little as the libraries need, and a little more."""
    done = shell("ulimit -v 6000000; $E run synthetic --set n_users=9000000 --steps 1", tmp_path)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("ecosystem: ")] == [
        done.stderr.splitlines()[-1]
    ]
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_from_outside_keeps_what_ctrl_c_keeps(number, monkeypatch, capsys, tmp_path):
    from ecosystem_runs.replication import figure1

    play, played = figure1.play, []

    def stopped(job):
        if len(played) == 3:
            os.kill(os.getpid(), number)
        played.append(job)
        return play(job)

    monkeypatch.setattr(figure1, "play", stopped)
    before = signal.getsignal(number)
    words = ["ecosystem", "figure", "1", "--seeds", "3", "--steps", "5", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 128 + number
    line = "ecosystem: interrupted; what finished is kept; the same command goes on from here"
    assert capsys.readouterr().err.splitlines()[-1] == line
    assert read_config(tmp_path)
    assert signal.getsignal(number) == before


@pytest.mark.slow  # workers whose engine is left are gone: see test_kills.py; a signal leaves it, above
def test_a_sweep_s_workers_go_with_it(tmp_path):
    (tmp_path / "plan.toml").write_text('environment = "synthetic"\nsteps = 100000\nseeds = 4\n')
    root = HERE.parents[2]
    path = os.pathsep.join(str(root / name) for name in FOLDERS)
    sweep = subprocess.Popen(
        [*SCRIPT, "sweep", "plan.toml", "--workers", "2", "--out", "out"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        stderr=subprocess.PIPE,
        text=True,
    )
    workers: list[int] = []
    until = time.monotonic() + 120
    while len(workers) < 2 and time.monotonic() < until:
        time.sleep(0.2)
        listed = Path(f"/proc/{sweep.pid}/task/{sweep.pid}/children").read_text().split()
        workers = [int(one) for one in listed if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
    assert len(workers) == 2
    sweep.terminate()
    _, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 143
    assert (
        err.splitlines()[-1]
        == "ecosystem: interrupted; what finished is kept; the same command goes on from here"
    )
    assert "Traceback" not in err
    assert not [one for one in workers if Path(f"/proc/{one}").exists()]


def cannot_start() -> None:
    raise RuntimeError("a library is missing")


def test_workers_that_cannot_start_print_no_tracebacks(capfd):
    with (
        pytest.raises(EngineLost, match="worker processes die while starting"),
        LocalWorkers(1, cannot_start),
    ):
        pass
    assert capfd.readouterr() == ("", "")
