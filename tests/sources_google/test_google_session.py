"""TLS, proxies and passwords of others: what lies between gdata and Google."""

import re
import signal
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google_project import emulate
from waiting import until

from gdata.sources.google.failures import failure_of_answer, failure_of_exception
from gdata.sources.google.wire import open_session


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers.get("Authorization", "none").encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def secure(tmp_path):
    """An HTTPS server whose certificate nobody vouches for: (address, certificate's file)."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "certificate.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, tmp_path / "key.pem")
    server = HTTPServer(("127.0.0.1", 0), _Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_address[1]}", pem
    server.shutdown()
    server.server_close()


def failure_at(address: str):
    with pytest.raises(OSError) as caught:
        open_session("").get(address, timeout=60)
    return failure_of_exception(caught.value)


def test_a_certificate_that_nobody_vouches_for(secure):
    failure = failure_at(secure[0])
    assert (failure.kind, failure.transient) == ("tls", False)
    assert "self" in failure.detail


def test_a_company_may_name_its_certificate(secure, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure[1]))
    assert open_session("").get(secure[0], timeout=60).status_code == 200


def test_a_company_may_name_a_file_that_is_not_there(secure, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    assert "/nowhere.pem" in failure_at(secure[0]).detail


def test_a_proxy_that_is_not_there(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert failure_at("https://sheets.googleapis.com/").kind == "proxy"


def test_an_emulator_is_not_asked_through_a_proxy(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with emulate() as google:
        assert open_session(google.endpoint).get(google.endpoint, timeout=60).status_code == 404


def test_a_password_in_netrc_does_not_take_the_tokens_place(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = HTTPServer(("127.0.0.1", 0), _Answer)
    threading.Thread(target=server.handle_request, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    answer = open_session("").get(address, headers={"Authorization": "Bearer token"}, timeout=60)
    assert answer.text == "Bearer token"
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (301, b"", "not_google"),
        (400, b"", "unknown"),
        (400, b'{"error": "invalid"}', "unknown"),
        (400, b'{"error": {"message": 5}}', "unknown"),
        (400, b"[1]", "unknown"),
        (403, b"<html>", "not_shared"),
        (403, b'{"error": {"errors": [{"domain": "usageLimits", "reason": "rateLimitExceeded"}]}}', "quota"),
        (407, b"", "proxy"),
        (418, b"\xff", "unknown"),
        (503, b"\x1b[31m", "server"),
    ],
)
def test_errors_of_any_shape(status, body, kind):
    answer = requests.Response()
    answer.status_code, answer._content, answer.reason = status, body, "Reason\x1b[1m"
    failure = failure_of_answer(answer)
    assert failure.kind == kind
    assert failure.detail.isprintable()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("Wed, 21 Oct 2026 07:28:09 GMT", 9), ("", 0), ("-1", 0), ("soon", 0), ("٣", 0), ("1e9", 0)],
)
def test_retry_after_as_a_number_or_a_date(header, seconds):
    answer = requests.Response()
    answer.status_code, answer.reason = 429, "x"
    answer.headers.update({"Retry-After": header, "Date": "Wed, 21 Oct 2026 07:28:00 GMT"})
    assert failure_of_answer(answer).retry_after == seconds


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_ctrl_c_leaves_nothing_hanging(tmp_path):
    program = """
import sys
from gdata.config import GoogleSettings, Spreadsheet
from gdata.sources.google import pull_google
from gdata.sources.grid import SheetRequest
wanted = [(Spreadsheet("items", (), id="items"), [SheetRequest("Item", has_times=True)])]
pulled = pull_google(wanted, GoogleSettings(credentials=sys.argv[1], endpoint=sys.argv[2]))
print("started", flush=True)
next(pulled)
"""
    with emulate(items={"Item": [[1]]}) as google:
        google.fail("hang", on="batchGet", times=100)
        arguments = [sys.executable, "-c", program, str(google.key_file), google.endpoint]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path.cwd()) as ran:
            ran.stdout.readline()
            until(lambda: any(asked.kind == "batchGet" for asked in google.log))
            ran.send_signal(signal.SIGINT)
            ran.wait(timeout=30)  # what it waits for doesn't come, and is given up after 60
            assert ran.returncode == -signal.SIGINT


def test_importing_the_source_loads_no_library_of_googles():
    heavy = "{'gspread', 'google.auth', 'requests'}"
    program = f"import sys, gdata.sources.google; print({heavy} & set(sys.modules) or 'none')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() == "none"


def test_only_a_login_by_browser_imports_its_library():
    for path in (Path(__file__).parents[2] / "gdata").rglob("*.py"):
        if path.name != "credentials.py":
            assert not re.search(r"(?:import|from) google_auth_oauthlib", path.read_text(encoding="utf-8")), path
