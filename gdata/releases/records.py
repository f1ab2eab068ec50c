"""The two JSON files of a store: a release's record and a channel's log entry, read strictly.

Both are canonical JSON, byte for byte, so that their hash means their content. An entry vouches for everything
below it: `record` is the hash of the release's file, which holds the hashes of the manifests, which hold those
of the tables; `prev` is the hash of the entry before. The newest entry has no successor to vouch for it, so the
second half of its nonce is a checksum of the rest.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar, cast

from gdata.bundles.manifest import canonical_json, sha256
from gdata.errors import DamagedError, UnknownFormatError, UsageError
from gdata.language import Sentence, sentence

Action = Literal["publish", "promote", "rollback"]
ACTIONS: dict[Action, Sentence] = {
    "publish": sentence("publish"),
    "promote": sentence("promote"),
    "rollback": sentence("rollback"),
}
"""What people read for each."""
KNOWN_FEATURES: frozenset[str] = frozenset()

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
_CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NONCE_HALF = 32
_ID_TIME = "%Y%m%d-%H%M%S"
_TIME = "%Y-%m-%dT%H:%M:%SZ"

_Record = TypeVar("_Record")


def release_id(build: str, time: datetime) -> str:
    """The id of a release: its time in UTC and the first 8 digits of its build's id."""
    return f"{time.astimezone(UTC).strftime(_ID_TIME)}-{build[:8]}"


def is_release_id(text: str) -> bool:
    """Whether `text` looks like a release's id: 20261123-091245-9f3ac1d0."""
    return _ID.fullmatch(text) is not None


def check_channel_name(name: str) -> str:
    """The name itself, if it fits every file system and can't be mistaken for a release.

    Raises:
        UsageError: it doesn't.
    """
    if not is_channel_name(name):
        raise UsageError(
            sentence("{name} can't be the name of a channel", name=repr(name)),
            hint=sentence(
                "use letters, digits, `-`, `_` and `.`, starting with a letter or digit, up to 64: live, dev-balance"
            ),
        )
    return name


def is_channel_name(name: str) -> bool:
    """Whether `name` fits every file system and can't be mistaken for a release."""
    fits = _CHANNEL.fullmatch(name) and not name.endswith(".") and not _DEVICE.fullmatch(name)
    return bool(fits) and not is_release_id(name)


@dataclass(frozen=True)
class ReleasedTarget:
    """One target of a release: the hex SHA-256 of its manifest.json, and the signature over that file's bytes."""

    manifest: str
    signature: str | None = None


def release_time(release: str) -> datetime:
    """When a release of this id was published first, in UTC."""
    return datetime.strptime(release[:15], _ID_TIME).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Release:
    """A build that was published. `protos` and `snapshot` are blobs' hashes, None where they weren't given.

    `provenance` (where the data came from) and `summary` (what changed, as a diff's summary) are JSON objects.
    """

    id: str
    build: str
    targets: Mapping[str, ReleasedTarget]
    protos: str | None = None
    snapshot: str | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)

    @property
    def time(self) -> datetime:
        """When it was published first, in UTC."""
        return release_time(self.id)

    def to_bytes(self) -> bytes:
        """The release's file."""
        targets = {name: {"manifest": one.manifest, "signature": one.signature} for name, one in self.targets.items()}
        return canonical_json(
            {
                "features": [],
                "release": self.id,
                "build": self.build,
                "targets": targets,
                "protos": self.protos,
                "snapshot": self.snapshot,
                "provenance": self.provenance,
                "summary": self.summary,
            }
        )

    @classmethod
    def from_bytes(cls, content: bytes, *, place: str) -> Release:
        """Read a release's file; `place` names it in errors.

        Raises:
            UnknownFormatError: it was written by a newer gdata.
            DamagedError: it isn't a release's record, or not a byte-exact one.
        """
        return _read(content, place, "a release's record", _release)


@dataclass(frozen=True)
class Allowance:
    """A rule that somebody overrode, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """One line of a channel's log: from here on the channel points at `release`.

    `number` counts from 1 without gaps; `prev` is the hex SHA-256 of the entry before, None for the first;
    `base` is the release that the channel pointed at before; `record` is the hex SHA-256 of the release's file.
    """

    number: int
    prev: str | None
    action: Action
    channel: str
    release: str
    record: str
    base: str | None
    author: str
    time: datetime
    message: str = ""
    allowed: tuple[Allowance, ...] = ()
    nonce: str = ""
    signature: str | None = None

    @property
    def sha256(self) -> str:
        """The hash that the next entry names as `prev`."""
        return sha256(self.to_bytes())

    def sealed(self) -> Entry:
        """The entry with a nonce of its own, unlike any other's: 16 random bytes, then the entry's checksum."""
        unique = secrets.token_hex(_NONCE_HALF // 2)
        return replace(self, nonce=unique + self._checksum(unique))

    @property
    def is_sealed(self) -> bool:
        """Whether the nonce is the one that this content was given."""
        unique = self.nonce[:_NONCE_HALF]
        return len(unique) == _NONCE_HALF and self.nonce == unique + self._checksum(unique)

    def _checksum(self, unique: str) -> str:
        content = self._content() | {"nonce": unique}
        return sha256(canonical_json(content))[:_NONCE_HALF]

    def signed_bytes(self) -> bytes:
        """What its signature is made over: canonical JSON without `signature`."""
        return canonical_json(self._content())

    def to_bytes(self) -> bytes:
        """The entry's file."""
        return canonical_json(self._content() | {"signature": self.signature})

    def _content(self) -> dict[str, Any]:
        return {
            "features": [],
            "number": self.number,
            "prev": self.prev,
            "nonce": self.nonce,
            "action": self.action,
            "channel": self.channel,
            "release": self.release,
            "record": self.record,
            "base": self.base,
            "author": self.author,
            "time": self.time.astimezone(UTC).strftime(_TIME),
            "message": self.message,
            "allowed": [{"name": one.name, "reason": one.reason} for one in self.allowed],
        }

    @classmethod
    def from_bytes(cls, content: bytes, *, place: str) -> Entry:
        """Read an entry's file; `place` names it in errors.

        Raises:
            UnknownFormatError: it was written by a newer gdata.
            DamagedError: it isn't a log entry, or its bytes aren't those that were written.
        """
        return _read(content, place, "an entry of a channel's log", _entry)


def _read(content: bytes, place: str, what: str, parse: Callable[[Any], _Record]) -> _Record:
    try:
        raw = json.loads(content)
        unknown = set(raw["features"]) - KNOWN_FEATURES
        if unknown:
            raise UnknownFormatError(
                sentence(
                    "{place}: needs features that this gdata doesn't know ({features})",
                    place=place,
                    features=", ".join(sorted(map(str, unknown))),
                ),
                hint=sentence("update gdata where this is read"),
            )
        record = parse(raw)
        if cast(Any, record).to_bytes() != content:
            raise ValueError("its bytes aren't those that gdata writes")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise DamagedError(
            sentence("{place} is damaged: not {expected} ({error})", place=place, expected=what, error=error),
            hint=sentence("restore the file from a backup of the store"),
        ) from error
    return record


def _release(raw: Any) -> Release:
    release = Release(
        id=_release_id(raw["release"]),
        build=_matching(_SHA256, raw["build"]),
        targets={_text(name): _target(one) for name, one in raw["targets"].items()},
        protos=_optional(raw["protos"], _SHA256),
        snapshot=_optional(raw["snapshot"], _SHA256),
        provenance=_object(raw["provenance"]),
        summary=_object(raw["summary"]),
    )
    if not release.id.endswith(release.build[:8]):
        raise ValueError(f"the build {release.build[:12]} isn't that of {release.id}")
    return release


def _entry(raw: Any) -> Entry:
    entry = Entry(
        number=_count(raw["number"]),
        prev=_optional(raw["prev"], _SHA256),
        action=_action(raw["action"]),
        channel=_matching(_CHANNEL, raw["channel"]),
        release=_release_id(raw["release"]),
        record=_matching(_SHA256, raw["record"]),
        base=None if raw["base"] is None else _release_id(raw["base"]),
        author=_text(raw["author"]),
        time=datetime.strptime(raw["time"], _TIME).replace(tzinfo=UTC),
        message=_text(raw["message"]),
        allowed=tuple(Allowance(_text(one["name"]), _text(one["reason"])) for one in raw["allowed"]),
        nonce=_text(raw["nonce"]),
        signature=_optional_text(raw["signature"]),
    )
    if not entry.is_sealed:
        raise ValueError("its checksum doesn't fit its content")
    return entry


def _target(raw: Any) -> ReleasedTarget:
    return ReleasedTarget(_matching(_SHA256, raw["manifest"]), _optional_text(raw["signature"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not pattern.fullmatch(_text(value)):
        raise ValueError(f"{value!r} isn't what stands here")
    return cast(str, value)


def _release_id(value: Any) -> str:
    datetime.strptime(_matching(_ID, value)[:15], _ID_TIME)
    return cast(str, value)


def _optional(value: Any, pattern: re.Pattern[str]) -> str | None:
    return None if value is None else _matching(pattern, value)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise TypeError(f"{value!r} is not a number of an entry")
    return value


def _action(value: Any) -> Action:
    if value not in ("publish", "promote", "rollback"):
        raise ValueError(f"{value!r} is not an action")
    return cast(Action, value)
