"""A batch in worker processes always ends: with the table, or with one line and no process left behind."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ecosystem import batch
from ecosystem.batch_workers import in_workers
from ecosystem_agents.inputs.checks import BadInput

MECHANISM = """
class Mine:
    def deploy(self, weights, beta, K, n_creators):
        from ecosystem.plugins import default_terms
        return default_terms(weights, beta, K, n_creators)
"""
BATCH = "ecosystem.batch({'environment': 'figure1', 'mechanism': %s}, seeds=2, steps=3, processes=2)"
UNGUARDED = "import ecosystem\nprint(" + BATCH % "'none'" + ".seed.tolist())\n"
IN_MAIN = "import ecosystem\n" + MECHANISM + "print(" + BATCH % "Mine()" + ".seed.tolist())\n"
BEHIND_THE_GUARD = "import ecosystem\nif __name__ == '__main__':\n" + textwrap.indent(
    MECHANISM + "print(" + BATCH % "Mine()" + ".seed.tolist())\n", "    "
)
GUARD = 'call batch under if __name__ == "__main__":, or give processes=1'


def ended(arguments, given=None, cwd=None):
    """Run Python to its end, with all it started: the pipes close with the last process that has them."""
    return subprocess.run(
        [sys.executable, *arguments], input=given, cwd=cwd, capture_output=True, text=True, timeout=120
    )


def only_line(done):
    """Return the line a script ended with, below the one traceback there is."""
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("Traceback") == 1, done.stderr
    kind, line = done.stderr.splitlines()[-1].split(": ", 1)
    assert kind == "ecosystem_agents.inputs.checks.BadInput"
    return line


def test_a_script_without_its_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    line = only_line(ended([str(script)]))
    assert line.startswith("worker processes cannot start: they end as they import the script (exit code 1)")
    assert line.endswith(GUARD)


@pytest.mark.slow
def test_a_script_from_standard_input():
    line = only_line(ended(["-"], UNGUARDED))
    assert "they import the script, and <stdin> is no file; save it as one, or give processes=1" in line


@pytest.mark.slow
def test_a_class_of_a_command_line():
    line = only_line(ended(["-c", IN_MAIN]))
    assert line.startswith("mechanism cannot be handed to a worker process (Can't get attribute 'Mine'")
    assert line.endswith("name it by its file, such as rules.py:Mine, or give processes=1")


@pytest.mark.slow
def test_a_class_behind_the_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(BEHIND_THE_GUARD)
    assert "(Can't get attribute 'Mine'" in only_line(ended([str(script)]))


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["-c", UNGUARDED], ["-i"]], ids=["line", "typed"])
def test_names_need_no_script(arguments):
    """Workers of a command line, or of a session, import nothing of it."""
    done = ended(arguments, UNGUARDED)
    assert (done.returncode, done.stdout) == (0, "[0, 1]\n")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_whatever_way_processes_are_started_elsewhere(tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys, multiprocessing, ecosystem\n{MECHANISM}"
        "if __name__ == '__main__':\n"
        "    import ecosystem.batching\n"
        f"    multiprocessing.set_start_method({method!r}, force=True)\n"
        f"    {BATCH % 'Mine()'}.drop(columns='mechanism').to_pickle('table.pkl')\n"
        f"    assert multiprocessing.get_start_method() == {method!r}\n"
    )
    done = ended([str(script)], cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    import pandas as pd

    plain = batch({"environment": "figure1", "mechanism": "none"}, seeds=2, steps=3)
    pd.testing.assert_frame_equal(
        pd.read_pickle(tmp_path / "table.pkl"), plain.drop(columns="mechanism"), check_exact=True
    )


@pytest.mark.slow
def test_a_notebook():
    """A class of a cell is a line; names run, and no process is left."""
    import nbformat  # workers import this file
    from nbclient import NotebookClient

    source = [IN_MAIN, UNGUARDED, "import multiprocessing; print(multiprocessing.active_children())"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in source])
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True)
    client.execute()
    failed, named, left = [cell.outputs for cell in notebook.cells]
    assert failed[-1].ename == "BadInput"
    assert "mechanism cannot be handed to a worker process" in failed[-1].evalue
    assert [output.text for output in named + left] == ["[0, 1]\n", "[]\n"]


@pytest.mark.parametrize("name", ["environment", "mechanism", "reward", "rules"])
@pytest.mark.parametrize(
    "made", [lambda: lambda: None, lambda: type("Mine", (), {})()], ids=["lambda", "local"]
)
def test_what_cannot_travel_is_named(name, made):
    with pytest.raises(
        BadInput, match=f"^{name} cannot be handed to a worker process .*; define it"
    ) as error:
        batch({"environment": "figure1", name: made()}, seeds=2, steps=3, processes=2)
    assert "\n" not in str(error.value)


@pytest.fixture
def mechanism(tmp_path):
    """Return a function that names a mechanism of a file, which does something before it deploys."""

    def named(what):
        (tmp_path / "mine.py").write_text(
            MECHANISM.replace(
                "        from", f"        import os, pathlib, signal, time; {what}\n        from"
            )
        )
        return f"{tmp_path / 'mine.py'}:Mine"

    return named


@pytest.mark.parametrize(
    "parameters",
    [
        {"mechanism": ["none", "htm", "smtt"]},
        pytest.param({"alpha": [0.5, -1.0]}, marks=pytest.mark.slow),
        pytest.param({"K": [3, 0, -1], "mechanism": ["none", "hmt"]}, marks=pytest.mark.slow),
    ],
    ids=["two", "one", "many"],
)
def test_a_run_that_fails_says_what_it_says_in_one_process(parameters):
    """The first that fails, whoever is quicker."""
    said = []
    for processes in (1, 2):
        with pytest.raises(BadInput) as error:
            batch({"environment": "figure1", **parameters}, seeds=1, steps=3, processes=processes)
        said.append(str(error.value))
    assert said[0] == said[1]


class Odd(Exception):
    """Cannot be read again where it arrives."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


def raises(parameters):
    raise Odd(*parameters.items())


def test_what_a_run_raises_comes_with_its_traceback():
    with pytest.raises(RuntimeError) as error:
        in_workers(raises, [{name: pickle.dumps(7) for name in "ab"}], 1, progress=False)
    assert str(error.value) == "Odd: ('a', 7) and ('b', 7)"
    (note,) = error.value.__notes__
    assert "in raises" in note
    assert multiprocessing.active_children() == []


def test_what_a_run_comes_to_must_travel_back():
    with pytest.raises(RuntimeError, match="pickle"):
        in_workers(odd, [{"model": pickle.dumps(None)}], 1, progress=False)


def test_a_worker_that_is_killed_ends_the_batch(mechanism):
    killed = mechanism("os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(BadInput, match=r"^a worker process is lost \(killed by SIGKILL\), .* less memory"):
        batch({"environment": "figure1", "mechanism": killed}, seeds=3, steps=9, processes=2)


def children_of(pid):
    """Return the ids of a process's own processes."""
    return [int(k) for task in Path(f"/proc/{pid}/task").glob("*/children") for k in task.read_text().split()]


def are_gone(pids):
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")
@pytest.mark.parametrize(
    "sent",
    [
        signal.SIGINT,
        *(pytest.param(sent, marks=pytest.mark.slow) for sent in (signal.SIGTERM, signal.SIGKILL)),
    ],
)
def test_no_worker_outlives_its_parent(tmp_path, mechanism, sent):
    """Workers are deep in a run that would last for minutes, and are told by a signal from the keyboard as well."""
    endless = mechanism(f"pathlib.Path({str(tmp_path)!r}, f'at{{os.getpid()}}').touch(); time.sleep(300)")
    script = tmp_path / "script.py"
    script.write_text(f"import ecosystem\nif __name__ == '__main__':\n    {BATCH % repr(endless)}\n")
    process = subprocess.Popen(
        [sys.executable, str(script)], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while len(list(tmp_path.glob("at*"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    children = children_of(process.pid)
    assert {int(path.name[2:]) for path in tmp_path.glob("at*")} <= set(children)
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)
    else:
        process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -sent
    assert are_gone(children)
    assert errors.count("Traceback") == (sent == signal.SIGINT)


@pytest.mark.slow
def test_what_a_run_collects_must_travel_back():
    """It would end the worker; a function, which is collected as it is, travels in no pickle."""
    reporters = {"model_reporters": {"odd": odd}}
    with pytest.raises(RuntimeError, match="pickle"):
        batch({"environment": "figure1", **reporters}, seeds=2, steps=3, processes=2)


def odd(model):
    return lambda: model
