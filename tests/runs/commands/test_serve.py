"""The command that serves the dashboard: it starts, answers and stops."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from ecosystem_runs.commands.serve import _address, _listen

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "ecosystem_runs.command_line", "serve", "--no-open"]


def start(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*COMMAND, *options], cwd=ROOT, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("stop", [pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGINT])
def test_it_answers_and_stops_cleanly(stop, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    began = time.monotonic()
    process = start("--port", "0")
    try:
        said = process.stderr.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", said).group()
        print(f"ready after {time.monotonic() - began:.1f} s")
        with browser.open(url, timeout=60) as answer:
            assert answer.status == 200
        process.send_signal(stop)
        _, rest = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "Traceback" not in rest
        assert "samesite" not in rest
    finally:
        process.kill()


def test_a_taken_port_is_one_line_and_exit_code_2(command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = command("serve", "--no-open", "--port", taken.getsockname()[1])
    assert ended.code == 2
    assert re.fullmatch(
        r"ecosystem: port \d+ at host '127\.0\.0\.1' cannot be used \(.*\); give another --port\n", ended.err
    )


def test_small_messages_leave_at_once():
    with _listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("0.0.0.0", "localhost"),
        ("::1", "[::1]"),
        ("[::1]", "[::1]"),
        ("::", "localhost"),
        ("0::0", "localhost"),
    ],
)
def test_the_printed_address_is_one_a_browser_can_open(host, told):
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with _listen(host, 0) as listener:
        url = _address(listener)
        assert url == f"http://{told}:{listener.getsockname()[1]}"
        parts = urllib.parse.urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10):
            listener.accept()[0].close()
