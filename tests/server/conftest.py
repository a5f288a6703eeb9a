"""A headless browser, shared by the tests that need it; skipped, saying so, without."""

from __future__ import annotations

import shutil
import threading
import time

import pytest

from ecosystem_server.limits import OWN_MACHINE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
PATIENCE = 120_000  # milliseconds: a busy machine that compiles first is slow, not wrong


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: install Debian's package chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Heard:
    """A play without a browser: what it sent to its board, and what it told its page."""

    def __init__(self, kind, setting, limits=OWN_MACHINE) -> None:
        self.messages, self.statuses = [], []
        self.play = kind(setting, limits, self.publish, self.statuses.append)

    def publish(self, message, buffers=()) -> None:
        self.messages.append(message | {"buffers": buffers})

    def wait(self, condition) -> None:
        """Wait until a condition holds."""
        end = time.monotonic() + PATIENCE / 1000
        while not condition():
            assert time.monotonic() < end, "it never came to that"
            time.sleep(0.005)

    def settle(self) -> None:
        """Wait until everything asked for so far is done."""
        done = threading.Event()
        self.play.do(done.set)
        assert done.wait(PATIENCE / 1000)

    def last(self, kind: str):
        """Return the latest message of a kind."""
        return [message for message in self.messages if message["kind"] == kind][-1]

    @property
    def status(self):
        """What it told last."""
        return self.play.status


@pytest.fixture
def hear():
    """Make plays without a browser, closed in the end."""
    made: list[Heard] = []

    def hear_one(*args, start: bool = True) -> Heard:
        made.append(Heard(*args))
        if start:
            assert made[-1].play.start()
            made[-1].settle()
        return made[-1]

    yield hear_one
    for heard in made:
        heard.play.close()


class Tab:
    """A page of the dashboard, and what the tests ask of it."""

    def __init__(
        self, browser, url: str, query: str = "", ready: str = "arms[0].charts", blocked: str = ""
    ) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
        if blocked:
            self.context.route(blocked, lambda route: route.abort())
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on(
            "console",
            lambda said: said.type == "error" and self.errors.append(f"{said.text} {said.location}"),
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.goto(f"{url}/{query}")
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
        return self.ask(
            f"Array.from({{length: arms[{arm}].about.creators}}, (_, i) => arms[{arm}].space.position(i)).flat()"
        )

    def close(self) -> None:
        """Close the tab as a visitor does."""
        if self.page.is_closed():
            return
        self.page.close(run_before_unload=True)
        self.context.close()


@pytest.fixture
def open_tab(browser, served):
    tabs: list[Tab] = []

    def open_one(query: str = "", url: str | None = None, **options: str) -> Tab:
        tabs.append(Tab(browser, url or served.url, query, **options))
        return tabs[-1]

    yield open_one
    for tab in tabs:
        tab.close()
