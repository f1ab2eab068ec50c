"""A store in S3 or GCS, or what speaks their language, over fsspec.

The storage must honour conditional writes (`If-None-Match: *`), as S3, GCS, R2, MinIO and SeaweedFS do: that is
what makes one of two publishers win. Errors of fsspec, botocore and gcsfs become StoreErrors here, by one table.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from gdata.errors import GdataError, StoreError
from gdata.language import Sentence, sentence
from gdata.longbytes import Content
from gdata.releases.stores.cache import RecentFiles
from gdata.releases.stores.store import (
    StoredFile,
    WritableStore,
    check_creatable,
    check_size,
    checked,
    limit_of,
    seconds_for,
    shown,
)

_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"use_listings_cache": False, "config_kwargs": {"connect_timeout": 10, "read_timeout": 60}},
    "gs": {"use_listings_cache": False},
}
_EXTRAS = {"s3": "s3", "gs": "gcs"}
# With several connections a file s3fs asks for its size first: two requests where one does.
_READ = {"s3": {"max_concurrency": 1}, "gs": {}}
_CONFLICT_TRIES = 6
_NO_LOG = logging.NullHandler()


class ObjectStore(WritableStore):
    """A store under `bucket/path`; credentials, region and endpoint are those of the provider's own settings."""

    threads = 16

    def __init__(self, protocol: str, path: str) -> None:
        super().__init__(shown(f"{protocol}://{path}"))
        self.cache = RecentFiles()
        self._protocol = protocol
        self._root = path

    @property
    def _files(self) -> Any:
        # fsspec keeps one instance for equal options, and makes a new one after a fork: so it is asked each time.
        try:
            import fsspec

            # gcsfs logs tracebacks of what it also raises; with no handler at all they would go to the terminal.
            logging.getLogger("gcsfs").addHandler(_NO_LOG)
            return fsspec.filesystem(self._protocol, **_OPTIONS[self._protocol])
        except ImportError as error:
            raise StoreError(
                sentence(
                    "{place}: {protocol}:// needs a package that isn't installed ({error})",
                    place=self.place,
                    protocol=self._protocol,
                    error=error,
                ),
                hint=sentence("pip install 'gdata-sheets[{part}]'", part=_EXTRAS[self._protocol]),
            ) from error

    def find(self, name: str, at_most: int | None = None) -> bytes | None:
        """The bytes of a file; None where there is none."""
        limit = limit_of(name) if at_most is None else at_most
        with self._at(name):
            try:
                options = {**_READ[self._protocol], "timeout": seconds_for(limit)}
                content: bytes = self._files.cat_file(self._path(name), **options)
                check_size(f"{self.place}: {name}", len(content), limit)
            except FileNotFoundError as error:
                self._refuse_missing_bucket(error, name)
                return None
        return content

    def size_of(self, name: str) -> int | None:
        """The size of a file in bytes; None where there is none."""
        with self._at(name):
            try:
                size: int = self._files.info(self._path(name))["size"]
            except FileNotFoundError as error:
                self._refuse_missing_bucket(error, name)
                return None
        return size

    def put(self, name: str, content: Content) -> None:
        """Write a file whole or not at all, over what is there."""
        with self._at(name):
            self._files.pipe_file(self._path(name), bytes(content))

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that isn't there yet; False where another one is."""
        check_creatable(self.place, name, content)
        for tries_left in reversed(range(_CONFLICT_TRIES)):
            failure = self._try_create(name, content)
            # Neither a success nor a failure can be trusted: an answer may be lost, a retry may meet its own write.
            found = self.find(name)
            if found is not None:
                return found == content
            if failure is None:
                raise StoreError(
                    sentence("{place}: {name} was written but can't be read back", place=self.place, name=name),
                    hint=sentence("the storage must show what was written at once, as S3 does; check its settings"),
                )
            if tries_left and "409" in _words(failure):
                time.sleep(0.1)  # S3 says so while another's write of the same name is under way
                continue
            self._raise(failure, name)
        raise AssertionError("unreachable")

    def keeps_first(self, name: str, content: bytes) -> bool:
        """Whether the storage refuses to create again what this process has created as `name`."""
        with self._at(name):
            return self._try_create(name, content) is not None

    def _try_create(self, name: str, content: bytes) -> Exception | None:
        try:
            self._files.pipe_file(self._path(name), content, mode="create")
        except GdataError:
            raise
        except Exception as error:  # botocore's, aiohttp's and google's errors have no common root
            return error
        return None

    def files(self, folder: str) -> list[StoredFile]:
        """Every file under a folder of the store, sorted by name; [] where there is none."""
        with self._at(folder):
            try:
                found = self._files.find(f"{self._root}/{folder}", detail=True)
            except FileNotFoundError as error:
                self._refuse_missing_bucket(error, folder)
                return []
        prefix = f"{self._root}/"
        listed = [self._stored(name[len(prefix) :], info) for name, info in found.items() if name.startswith(prefix)]
        return sorted((file for file in listed if file.name.startswith(f"{folder}/")), key=lambda file: file.name)

    def _stored(self, name: str, info: dict[str, Any]) -> StoredFile:
        modified = info.get("LastModified") or info.get("mtime")
        return StoredFile(name, int(info["size"]), modified if isinstance(modified, datetime) else datetime.now(UTC))

    def remove(self, name: str) -> None:
        """Remove a file; one that isn't there is no error."""
        with self._at(name):
            try:
                self._files.rm_file(self._path(name))
            except FileNotFoundError as error:
                self._refuse_missing_bucket(error, name)

    def move(self, name: str, to: str) -> None:
        """Give a file another name, over what is there; one that isn't there is no error. No byte comes here."""
        with self._at(name):
            try:
                self._files.cp_file(self._path(name), self._path(to))
            except FileNotFoundError as error:
                self._refuse_missing_bucket(error, name)
                return
        self.remove(name)

    def _path(self, name: str) -> str:
        return f"{self._root}/{checked(name)}"

    def _refuse_missing_bucket(self, error: Exception, name: str) -> None:
        if "NoSuchBucket" in _words(error):
            self._raise(error, name)

    @contextmanager
    def _at(self, name: str) -> Iterator[None]:
        try:
            yield
        except GdataError:
            raise
        except Exception as error:  # botocore's, aiohttp's and google's errors have no common root
            self._raise(error, name)

    def _raise(self, error: Exception, name: str) -> NoReturn:
        raise translate(error, f"{self.place}/{name}") from error


@dataclass(frozen=True)
class _Trouble:
    """What went wrong, known by the classes of the errors or the storage's own codes."""

    words: frozenset[str]
    what: Sentence
    hint: Sentence


def _trouble(words: str, what: Sentence, hint: Sentence) -> _Trouble:
    return _Trouble(frozenset(words.split()), what, hint)


_TROUBLES = (
    _trouble(
        "NoCredentialsError PartialCredentialsError CredentialRetrievalError ProfileNotFound TokenRetrievalError "
        "SSOError NoAuthTokenError MetadataRetrievalError DefaultCredentialsError RefreshError",
        sentence("there are no credentials for it"),
        sentence(
            "for S3 set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a role; for "
            "GCS run `gcloud auth application-default login` or set "
            "GOOGLE_APPLICATION_CREDENTIALS"
        ),
    ),
    _trouble(
        "InvalidAccessKeyId SignatureDoesNotMatch ExpiredToken InvalidToken ExpiredTokenException "
        "TokenRefreshRequired InvalidSecurity 401",
        sentence("the storage doesn't take the credentials"),
        sentence("check the key and its secret, or log in again if they expire"),
    ),
    _trouble("RequestTimeTooSkewed", sentence("this machine's clock is wrong"), sentence("set the clock")),
    _trouble(
        "NoSuchBucket InvalidBucketName ParamValidationError",
        sentence("there is no such bucket"),
        sentence("check `releases:` in sheets.yaml for its spelling, and AWS_ENDPOINT_URL for the right storage"),
    ),
    _trouble(
        "NoRegionError PermanentRedirect AuthorizationHeaderMalformed IllegalLocationConstraintException",
        sentence("the bucket lies in another region"),
        sentence("set AWS_REGION to the bucket's"),
    ),
    _trouble(
        "AccessDenied AllAccessDisabled AccountProblem PermissionError 403 Forbidden",
        sentence("no permission"),
        sentence(
            "readers need s3:GetObject and s3:ListBucket (without the latter S3 says so of what "
            "just isn't there), publishers s3:PutObject as well"
        ),
    ),
    _trouble(
        "SlowDown ServiceUnavailable InternalError RequestTimeout TooManyRequests 429 500 502 503 504",
        sentence("the storage is busy or down"),
        sentence("wait a little and run it again"),
    ),
    _trouble(
        "HTTPClientError ClientConnectionError ClientPayloadError ConnectionError TimeoutError FSTimeoutError "
        "ResponseParserError IncompleteReadError gaierror SSLError",
        sentence("it can't be reached"),
        sentence("check the network; for S3 elsewhere than at AWS also AWS_ENDPOINT_URL"),
    ),
    _trouble(
        "QuotaExceeded EntityTooLarge XMinioStorageFull", sentence("the storage is full"), sentence("make room in it")
    ),
)


def translate(error: BaseException, place: str) -> StoreError:
    """The StoreError for what fsspec or a library below it raised at `place`."""
    words = _words(error)
    for trouble in _TROUBLES:
        if trouble.words & words:
            return StoreError(f"{place}: {trouble.what} ({_brief(error)})", hint=trouble.hint)
    return StoreError(f"{place}: {_brief(error)}")


def _words(error: BaseException | None) -> set[str]:
    """The class names and codes of an error and of those that caused it."""
    words: set[str] = set()
    while error is not None:
        words.update(kind.__name__ for kind in type(error).__mro__)
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            words.add(str(response.get("Error", {}).get("Code")))
            words.add(str(response.get("ResponseMetadata", {}).get("HTTPStatusCode")))
        words.add(str(getattr(error, "code", "")))
        if str(error).startswith("Forbidden"):  # gcsfs says it so
            words.add("Forbidden")
        error = error.__cause__ or error.__context__
    return words


def _brief(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text[:300] if text else type(error).__name__
