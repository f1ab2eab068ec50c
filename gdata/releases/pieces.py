"""Large files in pieces, so that a release uploads only the pieces that changed.

A snapshot is a zip archive with a member a sheet or spreadsheet: cut where its members begin, all pieces but those
of changed sheets are the last release's. The blob that the record names is then a list of pieces, as JSON.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise

from gdata.bundles.manifest import canonical_json, sha256
from gdata.errors import DamagedError
from gdata.language import sentence
from gdata.longbytes import Content, blocks_of, digest_of, part_of
from gdata.releases.stores.store import Store, blob_name

_WHOLE_BYTES = 1 << 16
_MOST_BYTES = 16 << 20
"""Of a piece: so much is in memory while it is on its way."""
_LIST = b'{"pieces":['
# What a member of a zip archive begins with, and its directory. By chance elsewhere, they cut as well: no harm done.
_MEMBER, _DIRECTORY = re.compile(rb"PK\x03\x04"), b"PK\x01\x02"


@dataclass(frozen=True)
class Pieces:
    """A file to be stored: the hash that names it, and every blob that it takes, by hash."""

    digest: str
    blobs: dict[str, Content]


def cut(content: Content) -> Pieces:
    """A small file as it is; a larger one in pieces, and the list of them."""
    if len(content) <= _WHOLE_BYTES and not content[: len(_LIST)].startswith(_LIST):
        return Pieces(digest_of(content), {digest_of(content): content})
    at = sorted({0, len(content), *_boundaries(content)})
    parts = [
        part_of(content, first, min(first + _MOST_BYTES, end))
        for start, end in pairwise(at)
        for first in range(start, end, _MOST_BYTES)
    ]
    names = [digest_of(part) for part in parts]
    listed = canonical_json({"pieces": names, "sha256": digest_of(content), "size": len(content)})
    return Pieces(sha256(listed), {**dict(zip(names, parts, strict=True)), sha256(listed): listed})


def _boundaries(content: Content) -> list[int]:
    """Where members begin, and where the directory after the last of them does."""
    members: list[int] = []
    directory = -1
    at, tail = 0, b""
    for block in blocks_of(content):
        text, begins = tail + block, at - len(tail)
        found = [begins + one.start() for one in _MEMBER.finditer(text)]
        members += found
        directory = -1 if found else directory
        if directory < 0:
            place = text.find(_DIRECTORY, max(members[-1] - begins, 0) if members else 0)
            directory = begins + place if place >= 0 else -1
        at, tail = at + len(block), text[1 - len(_DIRECTORY) :]
    return [*members, directory] if directory >= 0 else members


def pieces_of(content: bytes, place: str) -> list[str] | None:
    """The hashes of the pieces that a blob lists; None where it is no list but the file itself.

    Raises:
        DamagedError: it begins like a list and isn't one.
    """
    if not content.startswith(_LIST):
        return None
    try:
        pieces = json.loads(content)["pieces"]
        for digest in pieces:
            if not re.fullmatch("[0-9a-f]{64}", digest):
                raise ValueError(f"{digest!r} is not a SHA-256")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DamagedError(
            sentence("{place} is damaged: not a list of pieces ({error})", place=place, error=error)
        ) from error
    return list(pieces)


def read_pieces(store: Store, digest: str) -> bytes:
    """The file under a hash, verified, be it in pieces or not.

    Raises:
        DamagedError: something of it is missing or damaged.
    """
    content = store.get_blob(digest)
    place = f"{store.place}: {blob_name(digest)}"
    pieces = pieces_of(content, place)
    if pieces is None:
        return content
    listed = json.loads(content)
    size = listed.get("size") if isinstance(listed.get("size"), int) else None
    whole = b"".join(store.in_parallel(lambda piece: store.get_blob(piece, size), pieces))
    if sha256(whole) != listed.get("sha256"):
        raise DamagedError(
            sentence("{place} is damaged: its pieces together aren't the file that it names", place=place)
        )
    return whole
