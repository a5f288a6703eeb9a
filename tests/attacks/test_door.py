"""Who may speak to the dashboard: names, origins, tokens, proxies, files."""

from __future__ import annotations

import http.client
import json
import re
import socket
import stat
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import platformdirs
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ecosystem_runs.own_token import own_token
from ecosystem_server.limits import PUBLIC

ASKED = {
    "header": {
        "msg_id": "1",
        "msg_type": "kernel_info_request",
        "username": "",
        "session": "1",
        "version": "5.3",
    },
    "parent_header": {},
    "metadata": {},
    "content": {},
    "channel": "shell",
    "buffers": [],
}
"""What every page asks first."""


def socket_of(server, page, **headers):
    """Open a page's socket as the context it is."""
    return connect(
        server.url.replace("http", "ws") + f"/jupyter/api/kernels/{page}/channels?session_id={page}",
        additional_headers=headers,
        compression=None,
        open_timeout=60,
    )


def is_served(socket) -> bool:
    """Whether a page's first question is answered."""
    socket.send(json.dumps(ASKED))
    return "status" in str(socket.recv(timeout=60))


def ask(server, path="/", method="GET", **headers):
    """Return the status, the headers and the text of an answer."""
    host, port = server.url.removeprefix("http://").split(":")
    visit = http.client.HTTPConnection(host, int(port), timeout=60)
    visit.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        visit.putheader(name.replace("_", "-"), value)
    visit.endheaders()
    answer = visit.getresponse()
    return (
        answer.status,
        {name.lower(): value for name, value in answer.getheaders()},
        answer.read().decode("utf-8", "replace"),
    )


def socket_status(server, page="", session="", **headers) -> int:
    """Return the status that opening a page's socket is answered with, 101 where it opens."""
    page = page or str(uuid4())
    query = f"channels?session_id={session or page}"
    try:
        with connect(
            server.url.replace("http", "ws") + f"/jupyter/api/kernels/{page}/{query}",
            additional_headers=headers,
            compression=None,
            open_timeout=60,
        ):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.fixture(scope="module")
def silent(served):
    """Connect and say nothing more, while other tests run."""
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as silent:
        silent.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        yield silent


def test_a_page_needs_the_token_once_and_never_shows_it(served, silent):
    status, _, text = ask(served)
    assert (status, "printed" in text) == (403, True)
    assert ask(served, "/static/main.js")[0] == 403
    assert ask(served, "/?token=" + "x" * 43)[0] == 403
    assert ask(served, Cookie=served.cookie[:-1] + "~")[0] == 403
    status, headers, _ = ask(served, f"/?environment=figure1&token={served.token}&seed=3")
    assert (status, headers["location"]) == (303, "/?environment=figure1&seed=3")
    for word in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert word in headers["set-cookie"]
    status, headers, text = ask(served, Cookie=served.cookie)
    assert status == 200
    assert served.token not in text
    assert ask(served, "/readyz")[0] == 200


def test_a_socket_needs_the_token_too(served):
    assert socket_status(served) == 403
    assert socket_status(served, Cookie=served.cookie) == 101


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::1"]
)
def test_a_name_that_somebody_else_points_here_is_refused(served, public, host):
    for server in (served, public):
        assert ask(server, Host=host, Cookie=served.cookie)[0] in (400, 403)
        assert socket_status(server, Host=host, Cookie=served.cookie) in (400, 403)


def test_names_of_this_server_are_not_refused(served, public):
    port = served.url.rpartition(":")[2]
    for host in (f"localhost:{port}", "127.0.0.1", f"[::1]:{port}"):
        assert ask(served, Host=host, Cookie=served.cookie)[0] == 200
    assert ask(public, Host="lab.example")[0] == 200
    assert ask(public, Host="Lab.Example:8080")[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "file://", "http://[bad"]
)
def test_pages_of_other_sites_may_not_speak_to_it(served, public, origin):
    for server in (served, public):
        assert socket_status(server, Origin=origin, Cookie=served.cookie) == 403
        assert ask(server, "/_solara/api/close/x?session_id=x", "POST", Origin=origin)[0] == 403
        assert socket_status(server, Origin=server.url, Cookie=served.cookie) == 101


def test_no_header_of_a_visitor_decides_what_others_get(public):
    names = ["X-Script-Name", "Script-Name", "X-Forwarded-Prefix", "X-Forwarded-Host", "X-Forwarded-Proto"]
    for name in names:
        assert ask(public, **{name: "//evil.example"})[0] == 200
        for _, headers, text in (ask(public), ask(public, **{name: "//evil.example"})):
            assert "evil.example" not in text + str(headers)
            assert "Secure" not in headers["set-cookie"]


def test_a_proxy_is_believed_where_that_was_asked_for_and_for_its_own_visit_alone(start_server):
    server = start_server(
        "--public", "--trust-proxy", "--root-path", "/creators", "--allow-host", "lab.example"
    )
    told = {"X_Forwarded_Host": "evil.example, lab.example", "X_Forwarded_Proto": "https"}
    status, headers, text = ask(server, "/creators/", **told)
    assert status == 200
    assert "Secure" in headers["set-cookie"]
    assert "Path=/creators/" in headers["set-cookie"]
    assert 'rootPath = "/creators"' in text
    assert ask(server, "/creators/static/main.js")[0] == 200  # a proxy that passes the path on
    assert ask(server, "/static/main.js")[0] == 200  # and one that cuts it
    assert 'rootPath = "/lab"' in ask(server, "/", X_Script_Name="/lab")[2]
    for wrong in ("//evil.example", "/a/../b", '/"><script>', "https://evil.example"):
        assert 'rootPath = "/creators"' in ask(server, "/", X_Script_Name=wrong)[2]
    assert ask(server, "/", X_Forwarded_Host="lab.example, evil.example")[0] == 403


def test_assets_are_read_and_never_removed(public):
    style = "@widgetti/solara-vuetify-app@10.1.1/dist/fonts.css"
    for folder in ("@widgetti/solara-vuetify-app@10.1.1/dist", "@widgetti", "requirejs@2.3.6/", ""):
        for method in ("GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS"):
            assert ask(public, f"/_solara/cdn/{folder}", method)[0] in (404, 405)
    status, _, text = ask(public, f"/_solara/cdn/{style}")
    assert (status, "font-face" in text) == (200, True)
    assert ask(public, "/_solara/cdn/requirejs@2.3.6/require.js", "DELETE")[0] == 405
    assert ask(public, "/_solara/cdn/requirejs@2.3.6/require.js")[0] == 200


@pytest.mark.parametrize("root", ["/_solara/cdn", "/static", "/static/assets", "/jupyter/nbextensions"])
@pytest.mark.parametrize("up", ["..", "%2e%2e", "..%2f..", "..%5c..", "%252e%252e", "/etc", "//etc", "\0"])
def test_no_path_leads_out_of_the_assets(public, root, up):
    for way in (f"{root}/{up}/passwd", f"{root}/{up}/{up}/{up}/{up}/{up}/{up}/{up}/{up}/{up}/etc/passwd"):
        status, _, text = ask(public, way.replace("\0", "%00"))
        assert status in (403, 404)
        assert "root:" not in text


def test_nothing_else_of_the_servers_library_is_served(public):
    for path in ("/resourcez", "/resourcez?verbose", "/jupyter/api/kernels/1", "/_solara/api/evict/1"):
        assert ask(public, path)[0] == 404
    assert ask(public, "/static/public/x")[0] == 404


def test_answers_say_how_they_may_be_used(served):
    _, headers, text = ask(served, Cookie=served.cookie)
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "'unsafe-inline'" not in policy["script-src"]
    assert not any(
        source.startswith(("http", "*")) for sources in policy.values() for source in sources.split()
    )
    nonce = policy["script-src"].partition("'nonce-")[2].partition("'")[0]
    assert text.count("<script") == text.count(f'<script nonce="{nonce}"') > 3
    for path in ("/", "/static/main.js", "/nothing"):
        headers = ask(served, path, Cookie=served.cookie)[1]
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("page", "session"), [("x", "1" * 8), ("..%2f..", ""), ("a" * 100, ""), ("", "x"), ("", "x" * 5000)]
)
def test_a_socket_that_no_page_would_open_is_refused(public, page, session):
    assert socket_status(public, page, session) in (400, 403, 404, 414)


def test_a_page_is_its_own_visitors(public):
    page = str(uuid4())
    with socket_of(public, page, Cookie="solara-session-id=mine") as socket:
        assert is_served(socket)
        assert socket_status(public, page) == 403
        assert socket_status(public, page, Cookie="solara-session-id=other") == 403
        assert socket_status(public, page, Cookie="solara-session-id=mine") == 101


def test_one_address_holds_its_share_of_pages_and_the_rest_is_told_why(public):
    pages = [str(uuid4()) for _ in range(PUBLIC.pages_each)]

    def leave(session: str) -> None:
        for page in pages:
            path = f"/_solara/api/close/{page}?session_id={page}"
            assert ask(public, path, "POST", Cookie=f"solara-session-id={session or page}")[0] == 200

    def refusal() -> str:
        with socket_of(public, uuid4()) as socket:
            try:
                return "" if is_served(socket) else "no answer"
            except ConnectionClosed as refused:
                return f"{refused.rcvd.code} {refused.rcvd.reason}"

    with ExitStack() as opened:
        for page in pages:
            opened.enter_context(socket_of(public, page, Cookie=f"solara-session-id={page}"))
        leave("a stranger's")
        most = f"{PUBLIC.pages} pages at most, {PUBLIC.pages_each} from one address"
        assert refusal() == f"1013 This server holds {most}; try again later."
    leave("")
    assert refusal() == ""


def test_the_token_is_kept_for_its_user_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    token = own_token()
    (kept,) = (tmp_path / "creator-ecosystem").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert own_token() == token == kept.read_text()
    kept.chmod(0o644)  # somebody may have read it
    renewed = own_token()
    assert renewed != token
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    for damage in ("", "short", "x" * 43 + "\n", "é" * 43):
        kept.write_text(damage)
        assert len(own_token()) == 43
    other = tmp_path / "other"
    other.write_text("y" * 43)
    kept.unlink()
    kept.symlink_to(other)
    assert own_token() != "y" * 43
    assert other.read_text() == "y" * 43


def no_home(name):
    raise RuntimeError("Could not determine home directory.")


@pytest.mark.parametrize("folder", [no_home, Path("~/.local"), Path("state"), Path("/proc/no")])
def test_where_nothing_can_be_kept_there_is_a_token_a_start(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    where = folder if callable(folder) else lambda name: folder / name
    monkeypatch.setattr(platformdirs, "user_state_path", where)
    assert own_token() != own_token()
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_its_server_does_not_know_any_more_comes_back_by_itself(open_tab, served):
    """To the page, this is what a restart is: no answer for a while, then from one that knows nothing of it."""
    tab, pages, gone = open_tab("?environment=figure1&seed=4"), [], False

    def through(page):
        if gone:
            page.close()
        else:
            pages.append(page)
            page.connect_to_server()

    tab.page.route_web_socket(re.compile("/channels"), through)
    tab.page.reload()
    tab.press("Step")
    tab.wait_for_step(1)
    tab.wait("location.search.includes('step=1')")
    address = tab.page.url
    tab.page.evaluate("window.old = true")
    gone = True
    pages[-1].close()
    kernel, session = re.search(r"kernels/([^/]+)/channels\?session_id=(.+)", pages[-1].url).groups()
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in tab.context.cookies())
    assert ask(served, f"/_solara/api/close/{kernel}?session_id={session}", "POST", Cookie=cookie)[0] == 200
    tab.page.wait_for_timeout(2000)  # what is closed is forgotten after a second
    assert tab.page.evaluate("window.old")
    gone = False
    tab.page.wait_for_function("window.old === undefined")
    tab.wait_for_step(1)
    tab.page.wait_for_url(address)  # on its way there it says how far it is
    tab.drop()


@pytest.mark.slow  # above, a server that stays forgets it
def test_a_page_comes_back_by_itself_after_a_restart(open_tab, start_server):
    server = start_server()
    tab = open_tab("?environment=figure1&seed=4", url=server.url)
    tab.press("Step")
    tab.wait_for_step(1)
    address = tab.page.url
    tab.page.evaluate("window.old = true")
    server.process.kill()
    server.process.wait()
    again = start_server("--port", server.url.rpartition(":")[2])
    assert again.token == server.token
    tab.page.wait_for_function("window.old === undefined")
    tab.wait_for_step(1)
    tab.page.wait_for_url(address)  # on its way there it says how far it is


def test_who_connects_and_says_nothing_is_dropped(silent):
    assert silent.recv(1) == b""
