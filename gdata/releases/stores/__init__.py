"""The store at a place: a folder, a bucket, or what a web server serves of either; and which store it is.

An address doesn't say that, so a store has an identity: a random id in its `store.json`, by which two at one address
are told apart. The last 8 of its 32 hex digits are a checksum: a damaged id is no other store's. A copy of a store
keeps it, as does one that was restored from a backup; a store that an older gdata made gets one at its next publish.
Until then it is unknown, which nobody holds against it.
"""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path

from gdata.bundles.manifest import canonical_json, sha256
from gdata.errors import DamagedError, UnknownFormatError, UsageError
from gdata.language import sentence
from gdata.releases.stores.folder import FolderStore
from gdata.releases.stores.store import IDENTITY, Store, WritableStore

_ID = re.compile(r"[0-9a-f]{32}")


def open_store(location: str | Path) -> Store:
    """The store at a folder, `s3://bucket/path`, `gs://bucket/path`, or (to read only) `https://host/path`.

    Nothing is read yet.

    Raises:
        UsageError: no store can be there.
    """
    text = str(location)
    scheme, separator, rest = text.partition("://")
    if not separator:
        return FolderStore(Path(text))
    if scheme in ("https", "http"):
        from gdata.releases.stores.web import WebStore

        return WebStore(text)
    if scheme in ("s3", "gs", "gcs") and rest.strip("/"):
        from gdata.releases.stores.objects import ObjectStore

        return ObjectStore("s3" if scheme == "s3" else "gs", rest.strip("/"))
    raise UsageError(
        sentence("{scheme}://: no release store can be there", scheme=scheme),
        hint=sentence("give a folder, s3://BUCKET/PATH, gs://BUCKET/PATH or https://…"),
    )


def read_identity(store: Store) -> str | None:
    """The store's id; None where it has none.

    Raises:
        DamagedError: its file is damaged, or was written by a newer gdata (UnknownFormatError).
    """
    content = store.find(IDENTITY)
    if content is None:
        return None
    place = f"{store.place}: {IDENTITY}"
    try:
        raw = json.loads(content)
        if raw["features"]:
            raise UnknownFormatError(
                sentence("{place}: was written by a newer gdata", place=place),
                hint=sentence("update gdata where this is read"),
            )
        if is_identity(raw["id"]) and content == _file(raw["id"]):
            return str(raw["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise DamagedError(sentence("{place} is damaged", place=place), hint=sentence("publish once: that writes it again"))


def ensure_identity(store: WritableStore, known: object = None) -> str:
    """The store's id; where it has none yet, or its file was lost or damaged, the `known` one or else a new one."""
    try:
        found = read_identity(store)
    except UnknownFormatError:
        raise
    except DamagedError:
        store.remove(IDENTITY)
        found = None
    if found is not None:
        return found
    made = known if isinstance(known, str) and is_identity(known) else make_identity(secrets.token_hex(12))
    # Another publisher may make it at the same moment: the first one counts.
    return made if store.create(IDENTITY, _file(made)) else ensure_identity(store, known)


def make_identity(unique: str) -> str:
    """The id made of 24 hex digits."""
    return unique + sha256(unique.encode())[:8]


def is_identity(text: str) -> bool:
    """Whether it is an id, and none that was damaged."""
    return _ID.fullmatch(text) is not None and text == make_identity(text[:24])


def _file(identity: str) -> bytes:
    return canonical_json({"features": [], "id": identity})
