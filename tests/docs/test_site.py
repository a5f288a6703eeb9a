"""The site as it was built: links and anchors lead somewhere, nothing is fetched, search and replays work from disk.

Build it first and say where: ``sphinx-build -W -b html docs site``, then ``ECOSYSTEM_SITE=site pytest tests/docs``.
"""

from __future__ import annotations

import os
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = os.environ.get("ECOSYSTEM_SITE")
pytestmark = pytest.mark.skipif(not SITE, reason="no site: ECOSYSTEM_SITE names no folder")
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """What a page links to, fetches and has anchors for."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links, self.fetched, self.anchors = [], [], set()
        text = path.read_text(encoding="utf-8")
        self.unread = text.count('class="problematic"')  # what docutils could make nothing of
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.anchors |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if attributes.get(FETCHED.get(tag, "")) and attributes.get("rel") not in (
            "canonical",
            "index",
            "search",
            "next",
            "prev",
        ):
            self.fetched.append(attributes[FETCHED[tag]])


@pytest.fixture(scope="module")
def site():
    root = Path(SITE).resolve()
    paths = [
        path for path in root.rglob("*.html") if "_static" not in path.parts and "made" not in path.parts
    ]
    return {path: Page(path) for path in paths}


def target_of(path, link):
    """Return the file and the anchor that a link within the site leads to; None where it leads elsewhere."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    return file, unquote(parts.fragment)


def test_links_and_anchors_lead_somewhere(site):
    astray = []
    for path, page in site.items():
        for file, anchor in filter(None, (target_of(path, link) for link in page.links)):
            if not file.exists() or (anchor and file in site and anchor not in site[file].anchors):
                astray.append(f"{path.name}: {file.name}#{anchor}")
    assert astray == []
    assert [path.name for path, page in site.items() if page.unread] == []
    assert len(site) > 100


def test_lessons_show_their_figures(site):
    lessons = {
        path.stem: page
        for path, page in site.items()
        if path.parent.name == "lessons" and path.stem[0].isdigit()
    }
    assert len(lessons) == 4
    for name, page in lessons.items():
        assert sum("_images/" in link for link in page.fetched) >= (1 if name.startswith("2") else 2), name


def test_nothing_comes_from_elsewhere(site):
    for path, page in site.items():
        for link in page.fetched:
            found = target_of(path, link)
            assert found, f"{path.name} fetches {link}"
            assert found[0].exists(), f"{path.name} fetches {link}, which is not there"


def test_every_page_is_three_clicks_away(site):
    root = Path(SITE).resolve()
    near = {root / "index.html"}
    for _ in range(3):
        near |= {
            found[0]
            for path in near & set(site)
            for link in site[path].links
            if (found := target_of(path, link))
        }
    own = {path for path in site if path.name not in ("search.html", "genindex.html", "py-modindex.html")}
    assert own <= near


@pytest.fixture(scope="module", params=[(1280, 720), (390, 844)], ids=["desk", "phone"])
def tab(request):
    """Give a page of a browser, and what it said and asked for."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        width, height = request.param
        page = browser.new_page(viewport={"width": width, "height": height})
        page.said, page.asked = [], []
        page.on(
            "console",
            lambda message: page.said.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda one: page.asked.append(one.url))
        yield page
        assert page.said == []
        assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
        browser.close()


@pytest.mark.browser
def test_the_front_page_plays(tab):
    tab.goto((Path(SITE).resolve() / "index.html").as_uri())
    frame = tab.frame_locator("iframe.replay")
    frame.locator(".figures").first.wait_for()
    before = frame.locator(".figures").first.inner_text()
    tab.wait_for_timeout(1000)
    assert frame.locator(".figures").first.inner_text() != before
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_search_works_from_disk(tab):
    tab.goto((Path(SITE).resolve() / "search.html").as_uri() + "?q=contribution")
    tab.locator("#search-results li a", has_text="How creators are paid").wait_for()
