"""Tests that a run from a stranger puts no script into a page, asked of a browser: the page is opened in
Chromium, which would change its title, or ask a server of the test's for a file. A page of the test's
own shows that the canaries sing."""

import html.parser
import http.server
import re
import shutil
import subprocess
import sys
import threading

import pytest
from attacks import CANARY, SCRIPTS, TEXTS, hostile_run

from harness import call

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def listener():
    """A server that keeps what it is asked for; its address."""
    asked = []

    class Keeper(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keeper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/canary", asked
    server.shutdown()


def opened(page, profile):
    """The document as Chromium has it after its scripts and its first second have run."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium to open a page with")
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--no-first-run", "--disable-background-networking", f"--user-data-dir={profile}",
         "--virtual-time-budget=2000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "<html" in done.stdout, done.stderr[-500:]
    return done.stdout


def elements(document):
    """The elements that the browser made, with their attributes."""
    found = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.append((tag, dict(attributes)))

    Reader().feed(document)
    return found


def title(document):
    return re.search(r"<title>(.*?)</title>", document, re.S)[1]


def test_the_canaries_sing(listener, tmp_path):
    """Without escaping and a policy the same texts do change the title and ask the server."""
    address, asked = listener
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><html><head><title>mine</title></head><body>"
                    + "".join(f"<p>{text}</p>" for text in SCRIPTS[2:6]).replace(CANARY, address)
                    + "</body></html>")
    assert title(opened(page, tmp_path / "profile")) == "PWNED"
    assert asked
    asked.clear()


@pytest.mark.parametrize("kind", ["report", "against"])
def test_a_report_runs_no_script_of_a_stranger(kind, listener, tmp_path):
    address, asked = listener
    texts = [text.replace(CANARY, address) for text in TEXTS]
    folder = hostile_run(tmp_path / "run", texts)
    arguments = [folder]
    if kind == "against":
        arguments = ["--against", hostile_run(tmp_path / "base", list(reversed(texts))), folder]
    done = call("report", *arguments, HEAPMARK_PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    document = opened(folder / "report.html", tmp_path / "profile")
    assert title(document).startswith("heapmark"), title(document)
    assert asked == []
    # Its own script ran: the heads of tables can be clicked.
    assert document.count("<script") == 1
    assert "aria-sort" in document or "tabindex" in document or "role=\"button\"" in document
    for tag, attributes in elements(document):
        assert tag not in ("iframe", "link", "img", "base", "object", "embed", "form"), tag
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("href", "src", "xlink:href", "action", "data"):
                assert value.startswith("#"), (tag, name, value)


@pytest.mark.parametrize("name", ["report.html.j2", "exec.html.j2"])
def test_the_pages_have_a_policy_before_anything_of_the_runs(name):
    """Nothing is fetched, no form sent, no base changed, whatever came through."""
    from heapmark_plot.report import _TEMPLATES
    text = (_TEMPLATES / name).read_text()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy and policy.start() < text.index("<title>")
    assert "default-src 'none'" in policy[1]
    assert "form-action 'none'" in policy[1] and "base-uri 'none'" in policy[1]
    assert "|safe" not in text and "| safe" not in text and "autoescape false" not in text


def test_the_policy_alone_stops_what_is_fetched(listener, tmp_path):
    """Were a text of a stranger ever put in unescaped, nothing would leave the page."""
    from heapmark_plot.report import _TEMPLATES
    address, asked = listener
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>',
                       (_TEMPLATES / "report.html.j2").read_text())[0]
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html><html><head>{policy}<title>mine</title></head><body>"
                    + SCRIPTS[5].replace(CANARY, address)
                    + f"<script src='{address}'></script><object data='{address}'></object>"
                      f"<script>fetch('{address}').catch(() => 0)</script></body></html>")
    opened(page, tmp_path / "profile")
    assert asked == []
