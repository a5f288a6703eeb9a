"""The dashboard in a browser: what a visitor does, and what the page then shows."""

from __future__ import annotations

import io
import os
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from ecosystem.ratings.prepared import prepare, remember, source_of
from ecosystem.ratings.training import TrainingSettings

pytestmark = pytest.mark.browser


def test_play_moves_creators_and_pause_stops_them(open_tab):
    tab = open_tab()
    before = tab.positions(0)
    tab.press("Play")
    tab.wait_for_step(20)
    assert tab.positions(0) != before
    tab.press("Pause")
    tab.page.get_by_role("button", name="Play", exact=True).wait_for()
    tab.wait("page.root.dataset.playing === 'false'")
    at = tab.step()
    tab.press("Step")
    tab.wait_for_step(at + 1)
    assert tab.step() == at + 1
    tab.press("Epoch")
    tab.wait(f"arms[0].now.step % 5 === 0 && {at + 1} < arms[0].now.step")
    tab.press("Reset")
    tab.wait("arms[0].now.step === 0")
    assert tab.positions(0) == before
    assert tab.errors == []


def test_a_live_swap_to_hmt_changes_list_lengths_and_marks_the_axis(open_tab):
    tab = open_tab("?environment=synthetic&n_users=300&n_creators=40&arms=2")
    assert set(tab.ask("[...arms[1].space.K]")) == {20.0}
    tab.press("Play")
    tab.wait_for_step(12)
    tab.page.get_by_label("Mechanism of arm B").select_option("hmt")
    tab.wait("new Set(arms[1].space.K).size > 1")
    tab.wait("arms[1].swaps.length === 2")
    assert set(tab.ask("[...arms[0].space.K]")) == {20.0}
    step, name = tab.ask("arms[1].swaps[1]")
    assert name == "hmt"
    assert step >= 12
    assert f"t={step}  B: → HMT" in tab.page.get_by_role("log").inner_text()
    assert f"changes={step}.b.mechanism:hmt" in tab.page.url
    assert tab.errors == []


def test_a_fork_stays_identical_until_it_is_changed(open_tab):
    tab = open_tab("?arms=1&seed=3&step=30")
    tab.wait_for_step(30)
    tab.press("Fork")
    tab.wait("arms.length === 2")
    for _ in range(2):
        at = tab.step()
        tab.press("Epoch")
        tab.wait_for_step(at + 5)
        assert tab.positions(0) == tab.positions(1)
    tab.page.get_by_label("Mechanism of arm B").select_option("uir")
    tab.wait("arms[1].now.mechanism === 'uir'")
    tab.press("Play")
    tab.wait_for_step(60)
    assert tab.positions(0) != tab.positions(1)
    assert tab.errors == []


def test_two_tabs_do_not_influence_each_other(open_tab):
    first, second = open_tab("?seed=1&arms=1"), open_tab("?seed=1&arms=1")
    first.press("Play")
    first.wait_for_step(15)
    assert second.step() == 0
    second.page.get_by_label("β of arm A").fill("0.5")
    second.page.get_by_label("β of arm A").blur()
    second.wait("arms[0].space.beta[0] === 0.5")
    assert first.ask("arms[0].space.beta[0]") == pytest.approx(0.1)
    for tab in (first, second):
        tab.page.get_by_role("tab", name="Ranking game").click()
        tab.wait("page.game && page.now")
    boards = [tab.page.locator(".board") for tab in (first, second)]
    before = boards[1].inner_text()
    assert "Step 0" in before
    first.press("Step")
    first.wait("page.now.step === 1")
    assert boards[0].inner_text() != before == boards[1].inner_text()


def test_the_address_restores_the_scene(open_tab):
    tab = open_tab("?environment=figure1&seed=7&arms=2&b.mechanism=uir&alpha=1.5&step=25")
    tab.wait_for_step(25)
    tab.page.get_by_label("Mechanism of arm A").select_option("smt")
    tab.wait("arms[0].now.mechanism === 'smt'")
    for target in (30, 35):
        tab.press("Epoch")
        tab.wait_for_step(target)
    tab.wait("location.search.includes('step=35')")
    positions, query = [tab.positions(arm) for arm in (0, 1)], "?" + tab.page.url.partition("?")[2]
    tab.close()
    again = open_tab(query)
    again.wait_for_step(35)
    assert again.step() == 35
    assert [again.positions(arm) for arm in (0, 1)] == positions
    assert again.page.get_by_label("Mechanism of arm A").input_value() == "smt"
    assert again.page.get_by_label("Weight update").input_value() == "1.5"
    assert again.page.get_by_label("Seed").input_value() == "7"


def test_a_bad_link_and_a_bad_upload_get_a_message(open_tab):
    tab = open_tab("?environment=nowhere")
    alert = tab.page.get_by_role("alert")
    alert.wait_for()
    assert "environment is 'nowhere'" in alert.inner_text()
    upload = tab.page.get_by_label("Upload")
    pickled = io.BytesIO()
    np.save(pickled, np.array([{"no": "thanks"}], dtype=object), allow_pickle=True)
    upload.set_input_files(
        {"name": "x.npy", "mimeType": "application/octet-stream", "buffer": pickled.getvalue()}
    )
    tab.page.get_by_text(re.compile("users file 'x.npy' cannot be read")).wait_for()
    assert tab.page.get_by_label("Mechanism of arm B").input_value() == "halved"
    users = io.BytesIO()
    np.savez(users, users=np.random.default_rng(0).normal(size=(50, 4)))
    upload.set_input_files(
        {"name": "x.npz", "mimeType": "application/octet-stream", "buffer": users.getvalue()}
    )
    tab.wait("arms[0].about.users === 50")
    assert tab.page.get_by_label("Environment").input_value() == "embeddings"
    # Halving one of fifty would show nothing.
    assert [tab.ask(f"arms[{arm}].now.mechanism") for arm in (0, 1)] == ["none", "hmt"]
    tab.wait_for_value("Mechanism of arm B", "hmt")
    tab.press("Step")
    tab.wait_for_step(1)
    # A bad file leaves the good one, which Reset reads again.
    upload.set_input_files({"name": "x.npz", "mimeType": "application/octet-stream", "buffer": b"no archive"})
    tab.page.get_by_text(re.compile("no .npz archive")).wait_for()
    tab.press("Reset")
    tab.wait("arms[0].now.step === 0 && arms[0].about.users === 50")


def test_downloads_hold_the_series_and_the_figure(open_tab):
    tab = open_tab("?arms=2&b.mechanism=halved&step=20")
    tab.wait_for_step(20)
    got = {}
    for name in ("Series as CSV", "Picture as PNG", "Picture as SVG"):
        tab.press("Download")
        with tab.page.expect_download() as waiting:
            tab.press(name)
        got[waiting.value.suggested_filename.rpartition(".")[2]] = Path(waiting.value.path()).read_bytes()
    lines = got["csv"].decode().splitlines()
    assert lines[0].startswith("arm,step,mechanism,welfare,")
    assert len(lines) == 1 + 2 * 21
    assert got["png"].startswith(b"\x89PNG")
    assert b"<svg" in got["svg"]


def elsewhere(urls: list[str]) -> list[str]:
    """Return the addresses that are not on this machine."""
    return [url for url in urls if not re.match(r"(https?|ws)://127\.0\.0\.1:|data:|blob:", url)]


def test_a_whole_visit_asks_nothing_of_other_machines_and_logs_no_error(open_tab):
    tab = open_tab()
    tab.page.keyboard.press("Space")
    tab.wait_for_step(5)
    tab.page.keyboard.press("Space")
    tab.page.get_by_role("button", name="Play", exact=True).wait_for()
    tab.page.get_by_label("Environment").select_option("synthetic")
    tab.wait("arms[0].about.users === 2000")
    # An arm that halves one user goes on with HMT where there are many.
    assert [tab.ask(f"arms[{arm}].now.mechanism") for arm in (0, 1)] == ["none", "hmt"]
    tab.wait_for_value("Mechanism of arm B", "hmt")
    tab.page.get_by_role("button", name="Theme").click()
    assert tab.ask("document.documentElement.dataset.theme") == "dark"
    tab.page.get_by_role("tab", name="Tour").click()
    tab.page.get_by_role("heading", name="Five users, five creators").wait_for()
    tab.page.get_by_role("button", name="Next", exact=True).click()
    tab.page.get_by_role("heading", name="The crowd at the centre").wait_for()
    tab.wait_for_step(30)
    tab.page.get_by_role("tab", name="Live").click()
    tab.page.get_by_role("button", name="Fork").wait_for()
    assert len(tab.requests) > 5
    assert elsewhere(tab.requests) == []
    assert tab.errors == []


def test_a_board_is_drawn_from_this_server_however_late_its_extension_comes(open_tab):
    tab = open_tab(blocked="**/anywidget/extension.js*")
    assert elsewhere(tab.requests) == []


def test_the_server_fetches_nothing_on_a_visitors_behalf(served):
    began = time.monotonic()
    request = urllib.request.Request(
        served.url + "/_solara/cdn/left-pad@1.3.0/index.js", headers={"Cookie": served.cookie}
    )
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request, timeout=60)
    assert time.monotonic() - began < 5  # Solara would try four times, with pauses


def test_a_public_server_limits_visitors_frees_what_they_leave_and_stops_while_one_plays(
    start_server, open_tab
):
    server = start_server("--public")

    def threads() -> int:
        return len(os.listdir(f"/proc/{server.process.pid}/task"))

    tab = open_tab("?environment=synthetic&n_users=6000", server.url)
    tab.page.get_by_text("n_users is 6000; this server allows at most 5000").wait_for()
    assert tab.ask("arms[0].about.users") == 5
    tab.press("Play")
    tab.wait_for_step(3)
    most = threads()
    tab.close()
    end = time.monotonic() + 60
    while (now := threads()) >= most:  # the server's pools may still grow meanwhile
        assert time.monotonic() < end, "the closed tab's world is still there"
        most = max(most, now)
        time.sleep(0.1)
    tab = open_tab("?arrivals=90000", server.url)
    tab.page.get_by_text("arrivals is 90000.0; this server allows at most 3: choose fewer").wait_for()
    assert tab.ask("arms[0].now.alive") == 5
    tab.press("Play")
    tab.wait_for_step(3)
    assert server.stop() == 0


def shows_movies(tab) -> str:
    """Check that movies are drawn and named; return the name of the one creator 0 makes."""
    tab.press("Epoch")
    tab.wait_for_step(5)
    # The pointer on a creator tells which movie it makes, on a movie its name.
    x, y = tab.ask("arms[0].space.toScreen(...arms[0].space.position(0))")
    canvas = tab.page.locator(".arm-a canvas.space")
    canvas.hover(position={"x": x, "y": y})
    tip = tab.page.locator(".arm-a .tip")
    tip.wait_for()
    found = re.match(
        r"creator \d+ makes (.+?)( \(as \d+ others? do(es)?\))?: utility 0\.\d+", tip.inner_text()
    )
    assert found, tip.inner_text()
    alone = tab.ask(
        "(() => { const s = arms[0].space, on = (k) => [s.items[2 * k], s.items[2 * k + 1]];"
        " for (let k = 0; k < s.items.length / 2; k++) { const [x, y] = s.toScreen(...on(k)), hit = s.pick(x, y);"
        " if (x > 60 && y > 60 && x < s.w - 60 && y < s.h - 90 && hit.kind === 'item' && hit.index === k)"
        " return [x, y, s.about.titles[k]]; } })()"
    )
    canvas.hover(position={"x": alone[0], "y": alone[1]})
    tab.page.locator(".arm-a .tip", has_text=alone[2]).wait_for()
    assert tab.errors == []
    return found[1]


def test_movies_are_faint_marks_with_titles(open_tab, shared_cache, tmp_path):
    pytest.importorskip("cornac")
    rng = np.random.default_rng(2)
    lines = [
        f"{user + 1}::{movie + 1}::{rng.integers(1, 6)}::0"
        for user in range(60)
        for movie in rng.choice(1005, 300, replace=False)
    ]
    lines += [f"61::{movie + 1}::3::0" for movie in range(1005)]
    (tmp_path / "ratings.dat").write_text("\n".join(lines) + "\n")
    (tmp_path / "movies.dat").write_text("".join(f"{i + 1}::Film {i + 1} (1999)::War\n" for i in range(1005)))
    remember("movielens", prepare(source_of(tmp_path), TrainingSettings()))
    tab = open_tab("?environment=movielens&arms=1")
    assert tab.ask("arms[0].about.users") == 61
    assert tab.ask("arms[0].space.items.length") == 2 * 1005
    assert "1005 items (dots)" in tab.page.locator(".arm-a .note").inner_text()
    assert re.fullmatch(r"Film \d+ \(1999\)", shows_movies(tab))


@pytest.mark.slow  # made-up ratings are shown in the same way above
def test_the_real_movielens_is_shown(open_tab, shared_cache, real_movielens):
    remember("movielens", prepare(source_of(real_movielens), TrainingSettings()))
    tab = open_tab("?environment=movielens&b.mechanism=hmt")
    assert tab.ask("arms[0].about.users") == 1578
    assert tab.ask("arms[0].about.explained") > 0.1
    assert shows_movies(tab)
