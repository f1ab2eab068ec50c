"""Logins: where credentials come from, `gdata login` through the emulator's consent page, and `gdata doctor`."""

import json
import stat
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from google_project import SHORT, emulate, request, settings

from gdata.config import GoogleSettings, Spreadsheet
from gdata.errors import CredentialsError, SourceError
from gdata.sources.google import begin_login, examine_google, pull_google
from gdata.sources.google.credentials import describe_login, load_credentials, log_in, log_out, login_file
from gdata.testing.google import GoogleEmulator

SECRET = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 40


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A person's empty home, on a machine that isn't Google's."""
    for name in ("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME", "CLOUDSDK_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the emulator has no certificate
    return tmp_path / "home"


def agree(url: str) -> None:
    """The browser, and the planner who presses Allow."""
    threading.Thread(target=requests.get, args=(url,), kwargs={"timeout": 120}, daemon=True).start()


def client_of(google: GoogleEmulator) -> GoogleSettings:
    return GoogleSettings(oauth_client=google.oauth_client_file, endpoint=google.endpoint)


def items(google: GoogleEmulator, settings: GoogleSettings) -> list:
    asked = [(Spreadsheet("items", (), id="items"), [request("Item")])]
    return list(pull_google(asked, settings, patience=SHORT))


def test_a_planner_logs_in_once_and_pulls_from_then_on():
    with emulate(items={"Item": [[1]]}) as google:
        path = log_in(client_of(google), on_url=agree, open_browser=False, timeout_seconds=120)
        assert path == login_file()
        assert path.is_file()
        if sys.platform != "win32":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        kept = path.read_text()
        assert "ya29." not in kept
        assert len(items(google, client_of(google))) == 1
        assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert (log_out(), log_out()) == (True, False)


def test_a_login_in_sheets_yaml_comes_before_the_persons_own():
    with emulate(items={"Item": [[1]]}) as google:
        log_in(client_of(google), on_url=agree, open_browser=False, timeout_seconds=120)
        assert describe_login(load_credentials(settings(google))) == google.key["client_email"]
        assert "logged in with" in describe_login(load_credentials(client_of(google)))


def test_default_credentials_are_the_last_resort(monkeypatch):
    with emulate(items={"Item": [[1]]}) as google:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(google.key_file))
        assert len(items(google, GoogleSettings(endpoint=google.endpoint))) == 1


def test_no_login_at_all():
    with pytest.raises(CredentialsError, match="no login for Google") as caught:
        load_credentials(GoogleSettings())
    assert "gdata login" in caught.value.hint


def test_the_login_is_declined():
    def decline(url: str) -> None:
        state = url.split("state=")[1].split("&")[0]
        back = requests.utils.unquote(url.split("redirect_uri=")[1].split("&")[0])
        agree(f"{back}?error=access_denied&state={state}")

    with emulate() as google, pytest.raises(CredentialsError, match="declined in the browser"):
        log_in(client_of(google), on_url=decline, open_browser=False, timeout_seconds=120)
    assert not login_file().exists()


def test_the_box_for_spreadsheets_is_left_empty():
    with emulate() as google:
        google.login.consent = lambda scopes: type(google.login).consent(google.login, "openid")
        with pytest.raises(CredentialsError, match="less than reading spreadsheets"):
            log_in(client_of(google), on_url=agree, open_browser=False, timeout_seconds=120)


def test_nobody_agrees():
    with emulate() as google, pytest.raises(CredentialsError, match="nobody agreed"):
        log_in(client_of(google), on_url=lambda _: None, open_browser=False, timeout_seconds=0.05)


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"web": {}}', '{"type": "service_account"}', "\x00"])
def test_no_oauth_client(tmp_path, content):
    path = tmp_path / "client.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CredentialsError, match=r"client\.json"):
        log_in(GoogleSettings(oauth_client=path), on_url=agree)
    with pytest.raises(CredentialsError, match="names no OAuth client"):
        log_in(GoogleSettings(), on_url=agree)


BAD_CREDENTIALS = {
    "no JSON": "{not json " + SECRET,
    "another thing": json.dumps({"type": "service_account", "private_key": SECRET}),
    "a key that is no key": json.dumps(
        {"type": "service_account", "client_email": "a@b", "token_uri": "x", "private_key": SECRET}
    ),
    "no type": json.dumps({"private_key": SECRET}),
    "a bare key": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
    "base64": SECRET,
    "a federated login that isn't whole": json.dumps({"type": "external_account", "private_key": SECRET}),
}


@pytest.mark.parametrize("value", BAD_CREDENTIALS.values(), ids=BAD_CREDENTIALS.keys())
def test_what_is_no_key_is_refused_and_never_shown(value):
    with pytest.raises(CredentialsError) as caught:
        load_credentials(GoogleSettings(credentials=value))
    assert SECRET[:20] not in str(caught.value) + caught.value.hint
    assert caught.value.__cause__ is None
    assert SECRET[:20] not in repr(GoogleSettings(credentials=value))


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe{", b'{"installed": {}}'])
def test_a_key_file_that_is_none(tmp_path, content):
    path = tmp_path / "key.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CredentialsError, match=r"key\.json"):
        load_credentials(GoogleSettings(credentials=str(path)))


def test_a_key_with_a_bom(tmp_path):
    with emulate() as google:
        path = tmp_path / "key.json"
        path.write_text(json.dumps(google.key), encoding="utf-8-sig")
        assert describe_login(load_credentials(GoogleSettings(credentials=str(path)))) == google.key["client_email"]


def test_the_doctor_names_each_step_and_what_to_do():
    with emulate(items={"Item": []}, shops={}, gone={}) as google:
        google.spreadsheet("items").time_zone = "Asia/Seoul"
        google.unshare("gone")
        spreadsheets = [Spreadsheet(name, (), id=name) for name in ("items", "shops", "gone")]
        steps = list(examine_google(spreadsheets, settings(google), "Asia/Seoul"))
    assert [(step.name.english, step.state) for step in steps] == [
        ("endpoint", "warning"),
        ("login", "ok"),
        ("token", "ok"),
        ("spreadsheet items", "ok"),
        ("spreadsheet shops", "warning"),
        ("spreadsheet gone", "error"),
    ]
    assert "Etc/GMT" in steps[4].message
    assert "Share" in steps[5].hint


def test_the_doctor_stops_where_nothing_further_can_work():
    with emulate(items={}) as google:
        google.login.clock_skew = 7200
        steps = list(examine_google([Spreadsheet("items", (), id="items")], settings(google), "UTC"))
    assert [step.state for step in steps] == ["warning", "ok", "error"]
    assert "clock" in steps[-1].message
    assert [step.state for step in examine_google([], GoogleSettings(credentials="{}"), "UTC")] == ["error"]


def test_credentials_that_were_not_there_when_the_login_began_are_looked_for_once(tmp_path):
    key = tmp_path / "key.json"
    with emulate(items={"Item": [["id"], [1]]}) as google:
        begun = GoogleSettings(credentials=str(key), endpoint=google.endpoint)
        asked = [(Spreadsheet("items", (), id="items"), [request("Item")])]
        begin_login(begun)
        key.write_bytes(google.key_file.read_bytes())
        with pytest.raises(CredentialsError, match="isn't there"):
            list(pull_google(asked, begun, patience=SHORT))
        assert [one.spreadsheet for one in pull_google(asked, begun)] == ["items"]


class _OddToken(BaseHTTPRequestHandler):
    """Answers with a token whose end is no number."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"access_token": "x", "expires_in": "soon"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


# Which is how pytest tells of what a thread would have written to stderr.
@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_whatever_goes_wrong_in_the_background_is_told_by_the_pull_alone():
    server = HTTPServer(("127.0.0.1", 0), _OddToken)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    person = {"type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c"}
    begun = GoogleSettings(credentials=json.dumps({**person, "token_uri": f"{endpoint}/token"}), endpoint=endpoint)
    begin_login(begun)
    with pytest.raises(SourceError, match="token can't be read"):
        list(pull_google([(Spreadsheet("items", (), id="items"), [request("Item")])], begun, patience=SHORT))
    server.shutdown()
    server.server_close()
