"""Over plain HTTP, as a CDN serves a store: no listing, a cache, and answers that go wrong."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from released_game import build, release, store_at

import gdata
from gdata.errors import DamagedError, GdataError, StoreError, UsageError
from gdata.releases.fetch import fetch
from gdata.releases.log import newest_entry
from gdata.releases.reader import bundles_of, read_bundle, read_release
from gdata.releases.stores import open_store, web
from gdata.releases.stores.cache import BlobCache, RecentFiles
from gdata.releases.stores.store import Store, shown, writable


class Server:
    """A web server over a folder; `answers` may answer a path in the folder's stead."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[Callable[[SimpleHTTPRequestHandler], bool]] = []
        server = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.headers.append(dict(self.headers))
                if not any(answer(self) for answer in server.answers):
                    super().do_GET()

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.http.server_port}/releases"

    def requests(self) -> list[str]:
        """What was asked for since the last call."""
        asked, self.asked = self.asked, []
        return asked


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    served = Server(folder)
    thread = threading.Thread(target=served.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.http.shutdown()
    served.http.server_close()
    thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as served:
        yield served


def answer_with(code: int, *, times: int, path: str = "") -> Callable[[SimpleHTTPRequestHandler], bool]:
    left = times

    def answer(handler: SimpleHTTPRequestHandler) -> bool:
        nonlocal left
        if path not in handler.path or left == 0:
            return False
        left -= 1
        handler.send_error(code)
        return True

    return answer


def cut_off(handler: SimpleHTTPRequestHandler) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"half")
    handler.close_connection = True
    return True


def redirect_to(place: Callable[[str], str], *, once_each: bool = False) -> Callable[[SimpleHTTPRequestHandler], bool]:
    seen: set[str] = set()

    def answer(handler: SimpleHTTPRequestHandler) -> bool:
        if once_each and handler.path in seen:
            return False
        seen.update((handler.path, place(handler.path)))
        handler.send_response(302)
        handler.send_header("Location", place(handler.path))
        handler.end_headers()
        return True

    return answer


def flood(size: int, path: str, says_so: bool) -> Callable[[SimpleHTTPRequestHandler], bool]:
    def answer(handler: SimpleHTTPRequestHandler) -> bool:
        if path not in handler.path:
            return False
        handler.send_response(200)
        if says_so:
            handler.send_header("Content-Length", str(size))
        handler.end_headers()
        with suppress(OSError):
            for _ in range(size >> 16):
                handler.wfile.write(bytes(1 << 16))
        handler.close_connection = True
        return True

    return answer


def drip(what: str) -> Callable[[SimpleHTTPRequestHandler], bool]:
    """Send a byte every now and then, for ever: of the headers, of the body, or of a redirect's."""

    def answer(handler: SimpleHTTPRequestHandler) -> bool:
        lines = {"headers": "HTTP/1.0 200 OK\r\n", "body": "HTTP/1.0 200 OK\r\n\r\n"}
        handler.wfile.write(lines.get(what, "HTTP/1.0 302 Found\r\nLocation: /x\r\n\r\n").encode())
        with suppress(OSError):
            while True:
                handler.wfile.write(b"x")
                time.sleep(0.05)
        handler.close_connection = True
        return True

    return answer


def fill(folder: Path, entries: int) -> None:
    builds = [build(folder, price) for price in (100, 200)]
    for number in range(entries):
        release(store_at(folder), builds[number % 2])


@pytest.mark.parametrize("entries", [1, 2, 3, 7, 16, 21])
def test_the_newest_is_found_without_a_listing(server: Server, tmp_path: Path, entries: int) -> None:
    fill(tmp_path, entries)
    newest = newest_entry(open_store(server.url), "live")
    assert newest is not None
    assert newest.number == entries
    assert len(server.requests()) <= 2 * entries.bit_length() + 2


def test_nothing_new_is_two_small_requests(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 3)
    store = open_store(server.url)
    entry = newest_entry(store, "live")
    server.requests()
    assert newest_entry(store, "live", after=entry) is None
    assert server.requests() == [f"/releases/channels/live/00000{number}.json" for number in (4, 3)]
    assert server.headers[-1]["Cache-Control"] == "no-cache"
    fill(tmp_path, 4)
    newer = newest_entry(store, "live", after=entry)
    assert newer is not None
    assert newer.number == 6


def cached(server: Server, folder: Path) -> Store:
    store = open_store(server.url)
    store.cache = BlobCache(folder / "cache")
    return store


def test_blobs_are_fetched_once_with_a_cache(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 2)
    for _ in range(2):
        bundles_of(cached(server, tmp_path), "live").bundles["server"].verify()
    assert len([path for path in server.requests() if "/blobs/" in path]) == 5
    for path in (tmp_path / "cache/blobs").rglob("*"):
        if path.is_file():
            path.write_bytes(b"damaged")
    bundles_of(cached(server, tmp_path), "live").bundles["server"].verify()
    assert len([path for path in server.requests() if "/blobs/" in path]) == 5


def test_blobs_stay_in_memory_while_there_is_room() -> None:
    recent = RecentFiles(most_bytes=8)
    for digest, content in (("a", b"1234"), ("b", b"5678"), ("b", b"5678"), ("c", b"9"), ("d", b"too many bytes")):
        recent.keep(digest, content)
        assert recent.find(digest) == (content if digest != "d" else None)
        assert recent.find("a") == (b"1234" if digest in "ab" else None)


def test_a_cache_that_cannot_be_written_is_done_without(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    (tmp_path / "cache").write_text("a file")
    bundles_of(cached(server, tmp_path), "live").bundles["server"].verify()


def test_a_log_that_went_back_is_refused_until_it_goes_on(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 3)
    store, path = open_store(server.url), tmp_path / "releases/channels/live/000003.json"
    entry, content = newest_entry(store, "live"), path.read_bytes()
    path.unlink()
    with pytest.raises(DamagedError, match="ends at entry 2, but entry 3 was there before"):
        newest_entry(store, "live", after=entry)
    fill(tmp_path, 1)
    with pytest.raises(DamagedError, match="has another entry 3 than the one that was there before"):
        newest_entry(store, "live", after=entry)
    path.write_bytes(content)
    assert newest_entry(store, "live", after=entry) is None
    fill(tmp_path, 2)
    newer = newest_entry(store, "live", after=entry)
    assert newer is not None
    assert newer.number == 4


def test_a_log_that_was_replaced_is_refused(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 2)
    entry = newest_entry(open_store(server.url), "live")
    for path in (tmp_path / "releases/channels/live").iterdir():
        path.unlink()
    fill(tmp_path, 3)
    with pytest.raises(DamagedError, match="doesn't go on from entry 2"):
        newest_entry(open_store(server.url), "live", after=entry)


def test_passing_trouble_is_tried_again(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web.time, "sleep", lambda seconds: None)
    fill(tmp_path, 1)
    server.answers += [answer_with(code, times=1) for code in (500, 503, 429)]
    assert newest_entry(open_store(server.url), "live") is not None
    server.answers += [answer_with(502, times=-1, path="000001")]
    with pytest.raises(StoreError, match=r"busy or down \(HTTP 502\)"):
        newest_entry(open_store(server.url), "live")


def test_a_cut_off_answer_is_never_taken_for_whole(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.time, "sleep", lambda seconds: None)
    fill(tmp_path, 1)
    server.answers.append(cut_off)
    with pytest.raises(StoreError, match="can't be reached"):
        newest_entry(open_store(server.url), "live")


def test_a_server_that_says_forbidden_for_what_is_missing(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 3)
    server.answers.append(answer_with(403, times=-1, path="000004"))
    newest = newest_entry(open_store(server.url), "live")
    assert newest is not None
    server.answers.append(answer_with(403, times=-1))
    store = open_store(server.url)
    with pytest.raises(UsageError, match="channel live has no release") as error:
        bundles_of(store, "live")
    assert "answered 403" in error.value.hint
    with pytest.raises(StoreError, match="no permission"):
        read_release(store, newest.release, newest)


def test_nobody_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web.time, "sleep", lambda seconds: None)
    with pytest.raises(StoreError, match="can't be reached"):
        newest_entry(open_store("http://127.0.0.1:1/x"), "live")


def test_user_and_password_are_sent_and_never_shown(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    store = open_store(server.url.replace("http://", "http://ari:p%40ss@"))
    bundle = bundles_of(store, "live").bundles["server"]
    assert server.headers[0]["Authorization"] == "Basic YXJpOnBAc3M="
    assert "ss" not in store.place + bundle.place.replace("127.0.0.1", "")
    (tmp_path / "releases/channels/live/000001.json").write_bytes(b"{")
    with pytest.raises(DamagedError) as error:
        bundles_of(store, "live")
    assert "p%40ss" not in str(error.value)


def test_a_web_store_is_only_read(server: Server, tmp_path: Path) -> None:
    store: Store = open_store(server.url)
    with pytest.raises(UsageError, match="can only be read"):
        writable(store)


def test_fetch_needs_no_listing(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 2)
    store = open_store(server.url)
    assert fetch(store, "live", "server", tmp_path / "into").changed
    server.requests()
    assert not fetch(store, "live", "server", tmp_path / "into").changed
    assert {path.split("/")[2] for path in server.requests()} == {"channels"}
    assert not fetch(open_store(server.url), "live", "server", tmp_path / "into").changed
    assert len([path for path in server.requests() if "/blobs/" in path]) == 1  # the manifest
    entry = newest_entry(store, "live")
    assert entry is not None
    assert read_bundle(store, read_release(store, entry.release, entry), "server").manifest.target == "server"


def test_the_password_never_follows_a_redirect_to_another_server(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    with serving(tmp_path) as other:
        server.answers.append(redirect_to(lambda path: other.url.removesuffix("/releases") + path))
        store = open_store(server.url.replace("http://", "http://ari:secret@"))
        assert newest_entry(store, "live") is not None
        assert "Authorization" in server.headers[0]
        assert not [headers for headers in other.headers if "Authorization" in headers]
        other.answers.append(answer_with(401, times=-1))
        with pytest.raises(StoreError, match="no permission") as error:
            newest_entry(store, "live")
        assert f"redirects to {other.url.removesuffix('/releases')}, which isn't given the password" in error.value.hint


def test_a_redirect_on_the_same_server_keeps_the_password(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    server.answers.append(redirect_to(lambda path: path.replace("/releases/", "/./releases/", 1), once_each=True))
    assert newest_entry(open_store(server.url.replace("http://", "http://ari:secret@")), "live") is not None
    assert all("Authorization" in headers for headers in server.headers)


@pytest.mark.parametrize("place", ["ftp://127.0.0.1/x", "file:///etc/passwd", "gopher://x/"])
def test_a_redirect_off_the_web_is_not_followed(server: Server, tmp_path: Path, place: str) -> None:
    fill(tmp_path, 1)
    server.answers.append(redirect_to(lambda _: place))
    with pytest.raises(StoreError, match=r"(it redirects to|HTTP 302)"):
        newest_entry(open_store(server.url), "live")


def certify(folder: Path) -> Path:
    """A key and a certificate for this machine, in one PEM file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = builder.add_extension(addresses, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "certificate.pem").write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return folder / "certificate.pem"


def test_over_tls_too(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 1)
    certificate = certify(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    url = server.url.replace("http://", "https://")
    with pytest.raises(StoreError, match="CERTIFICATE_VERIFY_FAILED"):
        newest_entry(open_store(url), "live")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert newest_entry(open_store(url), "live") is not None
    server.answers.append(flood(50 << 20, "/channels/", says_so=False))
    with pytest.raises(DamagedError, match="larger than"):
        newest_entry(open_store(url), "live")


def test_a_redirect_never_leads_off_tls() -> None:
    secrets = {"Authorization": "Basic x", "Proxy-Authorization": "Basic y", "Cache-Control": "no-cache"}
    request = web._Request("https://cdn.example/x", headers=secrets, bounds=web._Bounds(1))
    follow = web._Redirects().redirect_request
    with pytest.raises(URLError, match="it redirects to http://cdn"):
        follow(request, None, 302, "Found", None, "http://cdn.example/x")
    same, other = (follow(request, None, 302, "", None, f"https://{host}/y") for host in ("cdn.example", "b.example"))
    assert same is not None
    assert set(same.headers) == {"Authorization", "Cache-control"}
    assert other is not None
    assert set(other.headers) == {"Cache-control"}


@pytest.mark.parametrize("says_so", [True, False])
def test_no_answer_is_larger_than_it_may_be(server: Server, tmp_path: Path, says_so: bool) -> None:
    fill(tmp_path, 1)
    server.answers.append(flood(50 << 20, "/channels/", says_so))
    with pytest.raises(DamagedError, match="larger than the 1,048,576 bytes"):
        newest_entry(open_store(server.url), "live")
    server.answers.clear()
    bundle = bundles_of(open_store(server.url), "live").bundles["server"]
    server.answers.append(flood(50 << 20, "/blobs/", says_so))
    with pytest.raises(DamagedError, match=f"larger than the {bundle.manifest.schema.size:,} bytes"):
        bundle.schema()


@pytest.mark.parametrize("what", ["headers", "body", "redirects"])
def test_an_answer_that_drips_for_ever_ends(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    fill(tmp_path, 1)
    monkeypatch.setattr(web, "seconds_for", lambda _: 1.0)
    server.answers.append(drip(what))
    with pytest.raises(StoreError, match=r"(takes too long|timed out)"):
        newest_entry(open_store(server.url), "live")


@pytest.mark.parametrize(
    "url",
    [
        "http://ari:secret/x@127.0.0.1/x",
        "http://ari:secret@127.0.0.1:secret/x",
        "http://ari:secret@h/x?token=secret",
        "http://",
    ],
)
def test_an_address_that_cannot_be_is_told_without_its_password(url: str) -> None:
    with pytest.raises(UsageError, match="not the address") as error:
        open_store(url)
    assert "secret" not in str(error.value) + shown(url.partition("?")[0].replace("1:secret", "1"))


def test_no_message_of_a_server_holds_a_password(server: Server, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    place = server.url.replace("http://", "http://ari:p%40ss@")
    tries: list[Callable[[], object]] = [
        lambda: gdata.load(place),
        lambda: gdata.load(place, channel="live", release="20261123-091245-9f3ac1d0"),
        lambda: gdata.load(place, channel="live"),
        lambda: gdata.load(place, channel="stagin", target="server"),
        lambda: gdata.load(place, channel="live", target="nobody"),
        lambda: gdata.load(place, release="20261123-091245-9f3ac1d0"),
        lambda: gdata.load(place.replace("127.0.0.1:", "127.0.0.1:1"), channel="live", target="server"),
        lambda: writable(open_store(place)),
        lambda: open_store(place.replace("http", "ssh")),
    ]
    for attempt in tries:
        with pytest.raises(GdataError) as error:
            attempt()
        assert "p%40ss" not in f"{error.value} {error.value.hint}"
        assert "p@ss" not in f"{error.value} {error.value.hint}"
    data = gdata.load(place, channel="live", target="server")
    server.answers.append(answer_with(500, times=-1))
    assert "ari:***@" in data.snapshot().place
