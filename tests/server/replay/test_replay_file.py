"""A replay's file holds the run: read by an independent slow reader, and by a browser from disk."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

import ecosystem_server
from ecosystem import CreatorEconomy
from ecosystem.yardsticks.figure1 import STORY
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.hands import hand_of
from ecosystem_server.live.recording import record
from ecosystem_server.live.setting import FORK, Change
from ecosystem_server.replay.story import page_of

PALETTE = Path(ecosystem_server.__file__).parent / "page" / "palette.js"
CREATOR_COLOURS = re.findall(r'"(#\w{6})"', PALETTE.read_text())


class Reader:
    """What is packed, one number after the other."""

    def __init__(self, data: bytes) -> None:
        self.bytes = zlib.decompress(data, wbits=-15)

    def rows(self, about: dict) -> np.ndarray:
        count, quantised = int(np.prod(about["shape"])), "low" in about
        size = 2 if quantised else 4
        numbers = []
        for k in range(count):
            raw = bytes(self.bytes[about["at"] + p * count + k] for p in range(size))
            numbers.append(struct.unpack("<H" if quantised else "<f", raw)[0])
        if not quantised:
            return np.array(numbers).reshape(about["shape"])
        each, values = count // about["shape"][0], []
        for k in range(count):
            numbers[k] = (numbers[k] + (numbers[k - each] if k >= each else 0)) % 65536
            level = numbers[k] * (about["high"] - about["low"]) / 65534
            values.append(float("nan") if numbers[k] == 65535 else about["low"] + level)
        return np.array(values).reshape(about["shape"])

    def at(self, track: dict, step: int) -> np.ndarray:
        """Return the row of a track in force at a step."""
        return self.rows(track["rows"])[np.searchsorted(track["steps"], step, side="right") - 1]


def arm_of(**parameters) -> Arm:
    return Arm(CreatorEconomy(**{"environment": "figure1", "rng": 1} | parameters))


TURNOVER = {"turnover": "least_paid(every=2, first=5.0, last=5.0, until=1.0)", "arrivals": 1.5}


@pytest.mark.parametrize("parameters", [{"mechanism": "hmt"}, TURNOVER], ids=["hmt", "turnover"])
def test_the_recording_is_the_run_to_within_its_quantisation(parameters):
    steps = 12
    about, data = record([arm_of(**parameters)], [steps])
    read, packed, arm = Reader(data), about["arms"][0], arm_of(**parameters)
    path = read.rows(packed["path"])
    assert path.shape == (steps + 1, packed["scene"]["columns"], 2)
    within = (packed["path"]["high"] - packed["path"]["low"]) / 65534 * 0.5001 + 1e-7
    groups = arm.model.groups
    for step in range(steps + 1):
        told, arrays = arm.frame(arm.trail.count - 1, -1)
        arrays |= arm.charts()[1] | {"users": arm.scene()[1]["users"]}
        there = arrays["path"][0]
        np.testing.assert_allclose(path[step, : len(there)], there, rtol=0, atol=within)
        for name, values in packed["figures"].items():
            assert read.rows(values)[step] == np.float32(told[name])
        for name, track in packed["tracks"].items():
            row, wanted = read.at(track, step), np.asarray(arrays[name], dtype=np.float32)
            if name in ("weight", "beta", "K"):
                np.testing.assert_array_equal(row[groups], wanted)
            elif "low" in track["rows"]:
                off = (track["rows"]["high"] - track["rows"]["low"]) / 65534 * 0.5001 + 1e-7
                np.testing.assert_allclose(row[: len(wanted)], wanted, rtol=0, atol=off)
            else:
                np.testing.assert_array_equal(row[: len(wanted)], wanted)
        arm.step()


def test_changes_and_a_fork_are_in_it_when_they_happened():
    script = [Change(2, "a", "mechanism", "uir"), Change(4, "b", FORK), Change(4, "b", "mechanism", "none")]
    about, data = record([arm_of()], [7], script)
    a, b = about["arms"]
    assert [step for step, _ in a["words"]] == [0, 2]
    assert [(step, words["mechanism"]) for step, words in b["words"]] == [
        (0, "none"),
        (2, "uir"),
        (4, "none"),
    ]
    assert b["swaps"] == [(0, "none"), (2, "uir"), (4, "none")]
    assert about["events"][-1] == (
        4,
        [STORY, "t=2  A: → UIR", "t=4  fork A → B", "t=4  B: → no intervention"],
    )
    read = Reader(data)
    both = [read.rows(arm["path"]) for arm in (a, b)]
    np.testing.assert_allclose(both[0][:5], both[1][:5], atol=1e-4)
    model = CreatorEconomy(environment="figure1", schedule="none@0,uir@2,none@4", rng=1)
    model.run(7)
    np.testing.assert_allclose(both[1][7], model.strategies, atol=1e-4)


def test_what_a_hand_did_is_in_it():
    grips = [("drag", "1/-0.5/0.25"), ("user", "0/0.75/-0.5"), ("add", "0.5/0.5"), ("remove", "2")]
    about, data = record([arm_of()], [4], [Change(3, "a", name, hand_of(name, said)) for name, said in grips])
    (packed,), read = about["arms"], Reader(data)
    assert packed["tracks"]["users"]["steps"] == [0, 3]
    users = read.rows(packed["tracks"]["users"]["rows"])
    np.testing.assert_array_equal(users[0], arm_of().model.users)
    np.testing.assert_array_equal(users[1, 0], [0.75, -0.5])
    np.testing.assert_array_equal(users[1, 1:], users[0, 1:])
    before, after = read.at(packed["tracks"]["numbers"], 2), read.at(packed["tracks"]["numbers"], 3)
    assert set(before[np.isfinite(before)]) == {0, 1, 2, 3, 4}
    assert set(after[np.isfinite(after)]) == {0, 1, 3, 4, 5}
    path = read.rows(packed["path"])[3]
    np.testing.assert_allclose(path[1], [-0.5, 0.25], atol=1e-4)
    np.testing.assert_allclose(path[list(after).index(5)], [0.5, 0.5], atol=1e-4)


def test_a_schedule_marks_its_swaps():
    about, _ = record([arm_of(schedule="none@0,hmt@3")], [5])
    assert about["arms"][0]["swaps"] == [(0, "none"), (3, "hmt")]
    assert [words["title"] for _, words in about["arms"][0]["words"]] == ["no intervention", "HMT"]


def test_users_who_differ_within_a_group_keep_their_own_terms():
    arm = arm_of(environment="synthetic", n_users=10, n_creators=5, n_groups=2, K=2)
    plain = arm.frame

    def frame(seen, terms_seen):
        about, arrays = plain(seen, -1)
        return about, arrays | {"weight": np.arange(10.0) * (arm.step_count >= 2)}

    arm.frame = frame
    about, data = record([arm], [3])
    track, read = about["arms"][0]["tracks"]["weight"], Reader(data)
    assert track["steps"] == [0, 2]
    np.testing.assert_array_equal(read.rows(track["rows"]), [[0, 0] + 8 * [np.nan], np.arange(10)])


class Page(HTMLParser):
    """Every address in a page, and its caption's text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href", "srcset", "data")]


def test_a_caption_has_links_into_the_web_and_no_html_or_pictures():
    caption = "# One\n*two* [web](https://example.org/a) [bad](javascript:alert(1)) [file](file:///etc) <img src=x>\n"
    page = page_of(
        record([arm_of()], [1]), "a </title><script>", caption + "\n![p](http://example.org/p.png)"
    )
    found = Page(page)
    assert found.addresses == ["https://example.org/a", "http://example.org/p.png"]
    assert "img" not in found.tags
    assert found.tags.count("script") == 3
    assert "<h1>One</h1>\n<p><em>two</em>" in page


SIZES = {"figure1": (2000, ("none", "halved"), 2_000_000), "synthetic": (3000, ("none", "hmt"), 8_000_000)}


@pytest.mark.slow
@pytest.mark.parametrize("environment", SIZES)
def test_a_whole_run_of_two_arms_is_small_enough(environment):
    steps, mechanisms, most = SIZES[environment]
    arms = [arm_of(environment=environment, mechanism=one, rng=0) for one in mechanisms]
    assert len(page_of(record(arms, [steps, steps]), environment).encode()) < most


def test_a_step_of_many_creators_takes_little_room():
    steps, arm = 60, arm_of(environment="synthetic", n_users=300, n_creators=60, n_groups=4, mechanism="hmt")
    about, data = record([arm], [steps])
    keys = about["arms"][0]["tracks"]["utility"]["rows"]["shape"]
    assert keys == [61, 300]
    # Two bytes a position and key value, and JSON; the rest is what deflating saves.
    assert len(data) + len(json.dumps(about)) < 0.9 * 2 * (61 * 300 + 61 * 60 * 3)


def test_what_is_kept_of_users_is_bounded_however_long_a_run_is(monkeypatch):
    monkeypatch.setattr("ecosystem_server.live.recording.FIT", 150)
    about, _ = record([arm_of()], [30])
    steps = about["arms"][0]["tracks"]["utility"]["steps"]
    assert {0, 30} <= set(range(0, 31, 4)) | {30} >= set(steps)
    assert len(steps) * 20 <= 150 + 40


@pytest.mark.browser
def test_a_browser_plays_it_from_disk_and_asks_nobody(empty_page, tmp_path):
    parameters = [{"mechanism": "none"}, TURNOVER]
    models = [arm_of(**one) for one in parameters]
    path = tmp_path / "story.html"
    path.write_text(page_of(record(models, [60, 60]), "two worlds", "# Watch *this*"))
    tab, said, asked = empty_page, [], []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(path.as_uri())

    def ask(expression: str):
        page = "const page = document.querySelector('.scene').page, arms = page.arms;"
        return tab.evaluate(f"() => {{ {page} return {expression} }}")

    def drawn(arm: int) -> np.ndarray:
        return np.array(ask(f"arms[{arm}].space.columns.map((i) => arms[{arm}].space.position(i))"))

    assert tab.locator("#start").is_visible()
    assert tab.locator(".caption em").text_content() == "this"
    assert ask("arms[0].now.step") == 0
    tab.locator("#start").click()
    tab.wait_for_function("() => document.querySelector('.scene').page.arms[1].now.step > 20")
    assert not tab.locator("#start").count()
    tab.keyboard.press("Space")  # stops
    step = ask("arms[0].now.step")
    assert tab.locator("#play").text_content() == "Play"
    for target in (step, 55, 31):  # on, and back
        ask(f"page.model.send({{ kind: 'seek', step: {target} }})")
        for arm, one in enumerate(parameters):
            alone = arm_of(**one)
            for _ in range(target):
                alone.step()
            order = np.argsort(alone.population.slots)
            np.testing.assert_allclose(drawn(arm), alone.model.strategies[order], atol=1e-4)
            assert ask(f"arms[{arm}].now.welfare") == pytest.approx(alone.model.welfare, abs=1e-6)
            pay = ask(f"arms[{arm}].space.columns.map((i) => arms[{arm}].space.pay[i])")
            np.testing.assert_allclose(pay, alone.model.creator_utilities[order], atol=1e-4)
            numbers = ask(f"arms[{arm}].space.columns.map((i) => arms[{arm}].space.numbers[i])")
            assert sorted(numbers) == alone.population.numbers.tolist()
            assert ask(f"arms[{arm}].charts.welfare.length") == target + 1
            # The last stretch of each path is there, too.
            assert ask(f"arms[{arm}].space.seen") >= min(target + 1, ask(f"arms[{arm}].about.trail"))
    assert "came" in " ".join(ask("page.events"))
    tab.keyboard.press("ArrowRight")
    assert ask("arms[0].now.step") == 32
    tab.keyboard.press("Shift+ArrowLeft")
    assert ask("arms[0].now.step") == 0
    assert len(asked) == 1
    assert not said
    tab.goto(path.as_uri() + "#play")
    tab.reload()
    tab.wait_for_function("() => document.querySelector('.scene').page.arms[1].now.step > 3")
    assert not said


@pytest.mark.browser
@pytest.mark.slow  # a browser reads it from disk above
def test_firefox_shows_it_from_disk_once_it_is_loaded(tmp_path):
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None:
        pytest.skip("no Firefox on this machine: install Debian's package firefox-esr")
    path, picture = tmp_path / "story.html", tmp_path / "seen.png"
    path.write_text(page_of(record([arm_of(), arm_of(mechanism="uir")], [5, 5]), "two worlds"))
    words = [firefox, "--headless", "--window-size=1280,720", "--screenshot", str(picture), path.as_uri()]
    home = {**os.environ, "HOME": str(tmp_path)}
    subprocess.run(words, env=home, check=True, capture_output=True, timeout=120)
    seen = np.rint(255 * imread(picture)[..., :3]).astype(int)
    # All five creators in both pictures, by the colours that nothing else there has.
    for colour in CREATOR_COLOURS[:5]:
        spots = (seen == [int(colour[k : k + 2], 16) for k in (1, 3, 5)]).all(axis=2)
        for half in (spots[:430, 246:760], spots[:430, 760:]):
            assert half.sum() > 15
