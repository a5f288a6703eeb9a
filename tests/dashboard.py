"""A served dashboard and a headless browser, shared by the tests that need them; skipped, saying so, without."""

from __future__ import annotations

import atexit
import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
PATIENCE = 400_000  # milliseconds: a busy machine that compiles first is slow, not wrong

RULE = "least_paid(every=2, first=5.0, last=5.0, until=1.0)"
"""A plug-in of the shared dashboard: creators leave soon."""
STATE = Path(tempfile.mkdtemp(prefix="ecosystem-state-"))
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
TOKENS: dict[str, str] = {}
"""The token of each dashboard, by its address: what its printed address has."""


class Served:
    """A dashboard in a process of its own, on a free port."""

    def __init__(self, *options: str, **variables: str) -> None:
        command = [
            sys.executable,
            "-m",
            "ecosystem_runs.command_line",
            "serve",
            "--no-open",
            "--port",
            "0",  # any free one; the last --port that is given counts
            *options,
        ]
        # The token is kept beside nobody's own.
        environment = {**os.environ, "XDG_STATE_HOME": str(STATE), **variables}
        began = time.monotonic()
        self.log = Path(tempfile.mkstemp(prefix="ecosystem-served-")[1])
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
        while not (found := re.search(r"(http://[\w.]+:\d+)\S*", self.log.read_text())):
            if self.process.poll() is not None or time.monotonic() > began + 120:
                self.process.kill()
                raise AssertionError(f"the dashboard did not start: {self.log.read_text()}")
            time.sleep(0.05)
        self.entry, self.url = found.group(), found.group(1)
        self.token = self.entry.partition("token=")[2]
        TOKENS[self.url] = self.token
        self.ready_after = time.monotonic() - began

    @property
    def cookie(self) -> str:
        """What a browser sends from its first visit on."""
        visit = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        visit.request("GET", self.entry.removeprefix(self.url))
        return (visit.getresponse().getheader("set-cookie") or "").partition(";")[0]

    def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=20)
        finally:
            self.process.kill()
            said = self.log.read_text()
            self.log.unlink()
            assert "Traceback" not in said, said


@pytest.fixture
def start_server():
    servers: list[Served] = []

    def start_one(*options: str) -> Served:
        servers.append(Served(*options))
        return servers[-1]

    yield start_one
    for server in servers:
        server.process.kill()


@pytest.fixture(scope="session")
def kept_for_served(tmp_path_factory):
    """Return the folder in which the shared dashboard looks for prepared ratings."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def served(kept_for_served):
    server = Served("--plugin", RULE, XDG_CACHE_HOME=str(kept_for_served))
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="session")
def public():
    server = Served("--public", "--allow-host", "lab.example")
    yield server
    assert server.stop() == 0


@pytest.fixture
def shared_cache(kept_for_served, monkeypatch):
    """Prepare ratings for the shared dashboard."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kept_for_served))


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: install Debian's package chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def with_token(url: str, query: str = "") -> str:
    """Return the address at which a new browser gets in, with what else it is to say."""
    token = TOKENS.get(url, "")
    return f"{url}/{query}" + ("&?"[not query] + f"token={token}" if token else "")


LEFT: dict[object, list] = defaultdict(list)
"""Pages of each browser that tests have left: to open another costs three times what it is to go on with one."""


def page_of(browser):
    """Return a page that was left, or else one in a context of its own."""
    page = LEFT[browser].pop() if LEFT[browser] else browser.new_context(accept_downloads=True).new_page()
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": 1280, "height": 720})
    return page


class Tab:
    """A page of the dashboard, and what the tests ask of it."""

    def __init__(
        self, browser, url: str, query: str = "", ready: str = "arms[0].charts", blocked: str = ""
    ) -> None:
        self.open, self.left = True, LEFT[browser]
        self.page = page_of(browser)
        self.context = self.page.context
        if blocked:
            self.context.route(blocked, lambda route: route.abort())
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.heard = {
            "console": lambda said: (
                said.type in ("error", "warning") and self.errors.append(f"{said.text} {said.location}")
            ),
            "pageerror": lambda error: self.errors.append(str(error)),
            "request": lambda request: self.requests.append(request.url),
            "websocket": lambda socket: self.requests.append(socket.url),
        }
        for event, hear in self.heard.items():
            self.page.on(event, hear)
        self.url = url
        self.page.goto(with_token(url, query))
        self.wait(ready)

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript expression about `page` and its `arms` holds."""
        self.page.wait_for_function(
            "() => { const page = document.querySelector('.scene')?.page, arms = page?.arms ?? [];"
            f" try {{ return {condition} }} catch {{ return false }} }}",
            timeout=PATIENCE,
        )

    def ask(self, expression: str):
        """Return what a JavaScript expression about `page` and its `arms` is, once all arms are shown."""
        self.wait("arms.length && arms.every((arm) => arm.now && arm.charts)")
        return self.page.evaluate(
            f"() => {{ const page = document.querySelector('.scene').page, arms = page.arms; return {expression} }}"
        )

    def press(self, name: str) -> None:
        """Press the button of that accessible name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def wait_for_value(self, label: str, value: str) -> None:
        """Wait until the field of that label shows a value."""
        self.page.get_by_label(label, exact=True).evaluate_handle("(field) => { window.watched = field; }")
        self.page.wait_for_function("(value) => window.watched.value === value", arg=value, timeout=PATIENCE)

    def step(self, arm: int = 0) -> int:
        """How many steps an arm shows."""
        return int(self.ask(f"arms[{arm}].now.step"))

    def wait_for_step(self, step: int) -> None:
        """Wait until both arms have played that far."""
        self.wait(f"arms.length && arms.every((arm) => arm.now.step >= {step})")

    def positions(self, arm: int) -> list[float]:
        """Where an arm's creators are drawn, in the plane."""
        return self.ask(f"arms[{arm}].space.columns.map((i) => arms[{arm}].space.position(i)).flat()")

    def close(self) -> None:
        """Leave the page, which the server is told as when a tab is closed; the next test goes on with it."""
        if not self.open:
            return
        self.open = False
        for event, hear in self.heard.items():
            self.page.remove_listener(event, hear)
        self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        try:
            self.page.goto(f"{self.url}/readyz")
        except Exception as gone:  # the server is, with all that the page could still do
            if "net::ERR_CONNECTION" not in str(gone):
                raise
        self.context.unroute_all()
        self.context.clear_cookies()
        self.left.append(self.page)

    def drop(self) -> None:
        """Close the tab for good: no other test goes on with it."""
        self.open = False
        self.context.close()


@pytest.fixture
def empty_page(browser):
    """Give a page of the browser that is at no dashboard."""
    page = page_of(browser)
    yield page
    LEFT[browser].append(page)


@pytest.fixture
def open_tab(browser, served):
    tabs: list[Tab] = []

    def open_one(query: str = "", url: str | None = None, **options: str) -> Tab:
        tabs.append(Tab(browser, url or served.url, query, **options))
        return tabs[-1]

    yield open_one
    for tab in tabs:
        tab.close()
