"""What goes wrong with an object store, each in its own words."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from released_game import build, release
from waiting import LONGEST

from gdata.errors import StoreError, UsageError
from gdata.releases.log import newest_entry
from gdata.releases.stores import open_store
from gdata.releases.stores.objects import ObjectStore, translate
from gdata.releases.stores.store import limit_of, writable

RECORD = "releases/20261123-091245-9f3ac1d0.json"


def test_a_missing_bucket(s3: str) -> None:
    for work in (lambda store: store.find(RECORD), lambda store: store.files("releases")):
        with pytest.raises(StoreError, match="no such bucket") as error:
            work(open_store("s3://no-such-bucket/x"))
        assert "releases:" in error.value.hint


def test_wrong_credentials(s3: str) -> None:
    for key, secret in (("nobody", "x"), ("tester", "wrong")):
        with pytest.raises(StoreError, match=r"(no permission|doesn't take the credentials)"):
            run_with({"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret})


def test_no_credentials(s3: str) -> None:
    with pytest.raises(StoreError, match="no credentials") as error:
        run_with({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": "/nonexistent"})
    assert "AWS_PROFILE" in error.value.hint


@pytest.mark.slow  # ten seconds of trying again
def test_unreachable(s3: str) -> None:
    with pytest.raises(StoreError, match="can't be reached"):
        run_with({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})


def run_with(environment: dict[str, str]) -> None:
    """Read from the storage in a fresh process; raises what it raised."""
    program = (
        "import sys\nfrom gdata.errors import GdataError\nfrom gdata.releases.stores import open_store\n"
        f"try: open_store('s3://game/x').find({RECORD!r})\n"
        "except GdataError as error: print(type(error).__name__, error, error.hint, sep='\\n')"
    )
    variables = {name: value for name, value in ({**os.environ, **environment}).items() if value}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True, timeout=LONGEST)
    if done.stdout:
        kind, message, hint = done.stdout.strip().split("\n")
        assert kind == "StoreError"
        assert "wrong" not in message
        raise StoreError(message, hint=hint)


def test_every_error_of_botocore_about_the_outside_has_its_words() -> None:
    exceptions: Any = pytest.importorskip("botocore.exceptions")
    outside = (
        exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.CredentialRetrievalError,
        exceptions.ProfileNotFound, exceptions.TokenRetrievalError, exceptions.SSOTokenLoadError,
        exceptions.UnauthorizedSSOTokenError, exceptions.EndpointConnectionError, exceptions.ConnectTimeoutError,
        exceptions.ReadTimeoutError, exceptions.ConnectionClosedError, exceptions.SSLError,
        exceptions.ProxyConnectionError, exceptions.NoRegionError, exceptions.ParamValidationError,
        exceptions.HTTPClientError, exceptions.IncompleteReadError, exceptions.ResponseStreamingError,
    )  # fmt: skip
    # Each error's message is made of some of these.
    names = "provider cred_var error_msg profile profile_name endpoint_url error report proxy_url"
    words = dict.fromkeys([*names.split(), "actual_bytes", "expected_bytes"], "x")
    for kind in outside:
        assert translate(kind(**words), "s3://bucket/x").hint, kind


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("Forbidden: bucket/x\nno storage.objects.get"), "no permission"),
        (PermissionError("x"), "no permission"),
        (TimeoutError(), "can't be reached"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "can't be reached"),
        (OSError(errno.EIO, "what nobody has seen before"), "what nobody has seen before"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_other_errors_have_their_words_too(error: Exception, words: str) -> None:
    assert words in str(translate(error, "gs://bucket/x"))


def test_a_missing_package_is_told(tmp_path: Path) -> None:
    (tmp_path / "s3fs.py").write_text("raise ImportError('s3fs is not here')")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom gdata.releases.stores import open_store\n"
        f"try: open_store('s3://game/x').find({RECORD!r})\nexcept Exception as error: print(error.hint)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "gdata-sheets[s3]" in done.stdout


def test_a_storage_that_overwrites_is_found_out(s3_location: str, tmp_path: Path) -> None:
    class Careless(ObjectStore):
        """A storage that ignores the condition of a conditional write, as old ones do."""

        def _try_create(self, name: str, content: bytes) -> Exception | None:
            self.put(name, content)
            return None

    store = Careless("s3", s3_location.removeprefix("s3://"))
    with pytest.raises(StoreError, match="overwrites files"):
        release(store, build(tmp_path, 100))
    assert newest_entry(store, "live") is None


def test_threads_and_forks_share_a_store(s3_location: str, tmp_path: Path) -> None:
    # In a process of its own, since a test run has other threads.
    program = (
        "import os, sys\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "from gdata.releases.stores import open_store\nfrom gdata.releases.stores.store import writable\n"
        f"store = writable(open_store({s3_location!r}))\nstore.put({RECORD!r}, b'x')\n"
        "child = os.fork()\n"
        f"with ThreadPoolExecutor(8) as pool: found = set(pool.map(store.find, [{RECORD!r}] * 40))\n"
        "assert found == {b'x'}\n"
        "os._exit(0) if child == 0 else sys.exit(os.waitpid(child, 0)[1])"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=LONGEST)


def test_what_only_one_may_create_is_one_plain_put(s3_location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import s3fs

    called: list[str] = []
    call = s3fs.S3FileSystem._call_s3

    async def listen(self: Any, method: str, *arguments: Any, **options: Any) -> Any:
        called.append(method)
        return await call(self, method, *arguments, **options)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", listen)
    store = writable(open_store(s3_location))
    for name in ("channels/live/000001.json", RECORD, "store.json"):
        for size in (10, limit_of(name)):
            called.clear()
            store.remove(name)
            assert store.create(name, b"x" * size)
            assert [method for method in called if "part" in method or method == "put_object"] == ["put_object"]


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_an_entry_that_no_reader_would_take_is_not_written(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = tmp_path / "releases" if kind == "folder" else request.getfixturevalue("s3_location")
    store = writable(open_store(place))
    with pytest.raises(UsageError, match="readers take 1,048,576 at most"):
        release(store, build(tmp_path, 100), message="why " * 300_000)
    assert newest_entry(store, "live") is None


def test_a_read_that_takes_too_long_ends(s3_location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(s3_location)
    monkeypatch.setattr("gdata.releases.stores.objects.seconds_for", lambda _: 1e-6)
    with pytest.raises(StoreError, match="can't be reached"):
        store.find(RECORD)


def test_a_password_in_a_buckets_address_is_not_shown() -> None:
    assert open_store("s3://key:secret@bucket/game").place == "s3://key:***@bucket/game"
