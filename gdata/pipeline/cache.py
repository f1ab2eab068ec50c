"""The parse cache: what each table gave last time, under the hash of all that went into it.

One file a table in `.gdata/cache/`. A file that is damaged, of another version or for other sheets counts as
none: the table is parsed again, and nobody hears of it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import google.protobuf

from gdata.installed import file_stamp, package_stamp
from gdata.pipeline.results import TableResult

_MAGIC = b"gdata parse cache 2\n"
_HASH = 32
_LIBRARIES = ("protovalidate", "python_calamine", "tzdata")
_SOURCES = ("checks", "parsing", "pipeline", "schema", "sources")


class ParseCache:
    """The results of tables, by short name and key."""

    def __init__(self, state: Path) -> None:
        """`state` is `.gdata/`."""
        self._folder = state / "cache"

    def load(self, table: str, key: bytes) -> TableResult | None:
        """What the table gave when its key was this one."""
        start = _MAGIC + key
        try:
            with (self._folder / f"{table}.bin").open("rb") as file:
                if file.read(len(start)) != start:
                    return None
                digest, content = file.read(_HASH), file.read()
            return TableResult.from_bytes(content) if _digest_of(content) == digest else None
        except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
            return None

    def load_all(self, tables: Sequence[tuple[str, bytes]]) -> list[TableResult | None]:
        """What each table gave, by name and key: reading and hashing them is work for all cores."""
        if len(tables) < 2:
            return [self.load(*one) for one in tables]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor() as pool:
            return list(pool.map(self.load, *zip(*tables, strict=True)))

    def save(self, table: str, key: bytes, parts: Sequence[bytes]) -> None:
        """Keep what the table gave (`TableResult.to_parts`); where that can't be written, the next build parses again.

        There is no fsync: a file that a crash cut short is damaged, and counts as none.
        """
        temporary = self._folder / f".{secrets.token_hex(8)}.tmp"
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.writelines([_MAGIC, key, _digest_of(parts[0]), *parts])
                temporary.replace(self._folder / f"{table}.bin")
            finally:
                temporary.unlink(missing_ok=True)

    def forget_others(self, tables: Iterable[str]) -> None:
        """Remove what is kept for tables that the project no longer has."""
        names = {f"{table}.bin" for table in tables}
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path.name not in names:
                    path.unlink()


def _digest_of(content: bytes) -> bytes:
    """The digest of the first line; the rest has digests in there."""
    return hashlib.sha256(content[: content.index(b"\n") + 1]).digest()


def cache_key(parts: Mapping[str, object]) -> bytes:
    """The key for `parts`; values are anything with one repr for equal content."""
    digest = hashlib.sha256(_versions())
    for name, part in sorted(parts.items()):
        content = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.digest()


@cache
def _versions() -> bytes:
    """What tells this gdata and its libraries from others: its very files, so that its makers aren't fooled."""
    folder = Path(__file__).parent.parent
    paths = [path for name in _SOURCES for path in (folder / name).rglob("*.py")] + list(folder.glob("*.py"))
    stamps = [google.protobuf.__version__, *map(package_stamp, _LIBRARIES), *map(file_stamp, sorted(paths))]
    return hashlib.sha256("\n".join(stamps).encode()).digest()
