"""Bring one target of a release into a local folder: verified, only what is missing, the old or the new at any time."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gdata.bundles.index import index_name, write_indexes
from gdata.bundles.manifest import MANIFEST, RELEASE, FileEntry, Manifest, Part, canonical_json, sha256
from gdata.bundles.reader import Bundle
from gdata.errors import DamagedError, UsageError
from gdata.files import project_lock, read_plain, write_atomically, writing
from gdata.language import sentence
from gdata.releases.blobs import Traffic
from gdata.releases.log import newest_entry, no_such_channel, read_entry
from gdata.releases.reader import read_bundle, read_release, release_at
from gdata.releases.records import Entry, Release, is_release_id
from gdata.releases.signatures import MANIFEST_SIGNATURE, PublicKeys
from gdata.releases.stores.store import Store, is_temporary

PLAIN_LIST = ".gdata-fetch.json"
"""In a folder with plain names: which release it is, and which files belong to it."""
_ENTRY = ".gdata-fetch-entry.json"
"""The channel's log entry that was fetched last, as the store has it: the log must still have it, and go on from it."""
_LOCK = ".gdata-fetch.lock"
_LOCK_SECONDS = 60
_BUNDLE_FILE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*-[0-9a-f]{12}\.[a-z]+")
_PLAIN_FILE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.[a-z]+")
_SCHEMA = "schema"


@dataclass(frozen=True)
class Fetched:
    """What lies in the folder now. `changed` is False where it was there already, every byte of it."""

    release: str
    build: str
    target: str
    folder: Path
    changed: bool
    traffic: Traffic
    entry: Entry | None = None


def fetch(
    store: Store,
    release_or_channel: str,
    target: str,
    into: Path,
    *,
    plain_names: bool = False,
    public_key: PublicKeys | None = None,
) -> Fetched:
    """Make `into` hold the bundle of `target` in a release, or in the one that a channel points at.

    With `plain_names` its files are called after their tables (ItemTable.binpb, schema.binpb), for programs that
    know nothing of bundles; such a folder is replaced file by file.

    Raises:
        UsageError: there is no such release, channel or target, or the folder holds something else.
        DamagedError: what the store has is damaged, or older than what the folder holds; the folder is as it was.
        SignatureError: it isn't signed by `public_key`.
        OutputError: the folder can't be written.
    """
    release, entry = _resolve(store, release_or_channel, _held_entry(into, release_or_channel), public_key)
    bundle = read_bundle(store, release, target, public_key=public_key)
    with project_lock(into / _LOCK, timeout=_LOCK_SECONDS):
        _check_same_kind(into, target, plain_names)
        if plain_names:
            changed, traffic = _write_plain(store, bundle, release, into)
        else:
            changed, traffic = _write_bundle(store, bundle, release, into)
        if entry is not None and _read(into / _ENTRY) != entry.to_bytes():
            write_atomically(into / _ENTRY, entry.to_bytes())
    return Fetched(release.id, release.build, target, into, changed, traffic, entry)


@dataclass(frozen=True)
class Changes:
    """What a reader of an older manifest lacks of a release, and what it needs no more."""

    release: str
    build: str
    files: tuple[FileEntry, ...]
    removed: tuple[str, ...]
    traffic: Traffic


def changes_since(
    store: Store, release_or_channel: str, target: str, old: Manifest, *, public_key: PublicKeys | None = None
) -> Changes:
    """The files that a release's bundle has beyond those of an older manifest; nothing is read but manifests.

    Raises:
        UsageError: there is no such release, channel or target, or the manifest is another target's.
        DamagedError: what the store has is damaged.
    """
    release, _ = _resolve(store, release_or_channel, None, public_key)
    manifest = read_bundle(store, release, target, public_key=public_key).manifest
    if old.target != target:
        raise UsageError(
            sentence("the manifest is of the target {held}, not of {target}", held=old.target, target=target),
            hint=sentence("name the manifest that the client has"),
        )
    files = {entry.file: entry for entry in manifest.files}
    new = tuple(entry for name, entry in sorted(files.items()) if name not in old.names)
    return Changes(
        release.id, release.build, new, tuple(sorted(old.names - files.keys())), _traffic(new, files.values())
    )


def _resolve(
    store: Store, name: str, held: Entry | None, public_key: PublicKeys | None
) -> tuple[Release, Entry | None]:
    if is_release_id(name):
        return read_release(store, name), None
    entry = newest_entry(store, name, after=held, public_key=public_key)
    if entry is None and held is not None:  # it is the newest still; it may have been fetched without a key
        entry = read_entry(store, name, held.number, public_key=public_key)
    if entry is None:
        raise no_such_channel(store, name)
    return release_at(store, entry), entry


def _held_entry(into: Path, channel: str) -> Entry | None:
    """The entry of a channel that the folder was fetched from last; None where it wasn't, or nobody knows."""
    content = _read(into / _ENTRY)
    with suppress(DamagedError):
        entry = Entry.from_bytes(content, place=_ENTRY) if content is not None else None
        return entry if entry is not None and entry.channel == channel else None
    return None


def _check_same_kind(into: Path, target: str, plain_names: bool) -> None:
    """Never mix a bundle with plain names, or one target's files with another's."""
    other = MANIFEST if plain_names else PLAIN_LIST
    if (into / other).exists():
        kind = "a bundle" if plain_names else "files with plain names"
        raise UsageError(
            sentence("{into} holds {kind}", into=into, kind=kind),
            hint=sentence("fetch into another folder, or empty this one"),
        )
    held = _held_plain(into).get("target") if plain_names else getattr(_held_manifest(into), "target", None)
    if held not in (None, target):
        raise UsageError(
            sentence("{into} holds the target {held}, not {target}", into=into, held=held, target=target),
            hint=sentence("fetch into another folder"),
        )


def _write_bundle(store: Store, bundle: Bundle, release: Release, into: Path) -> tuple[bool, Traffic]:
    files = {entry.file: entry for entry in bundle.manifest.files}
    missing = [entry for entry in files.values() if _hash_of(into / entry.file) != entry.sha256]
    store.in_parallel(lambda entry: write_atomically(into / entry.file, bundle.read(entry)), missing)
    write_indexes(into, bundle.manifest)
    previous = _held_manifest(into)
    named_release = {"bundle": bundle.manifest.bundle, "build": bundle.manifest.build, "release": release.id}
    if _read(into / RELEASE) != canonical_json(named_release):
        write_atomically(into / RELEASE, canonical_json(named_release))
    committed = _commit(into, bundle.manifest_bytes, release.targets[bundle.manifest.target].signature)
    named = {entry.file for entry in (*files.values(), *(previous.files if previous else ()))}
    named |= set(map(index_name, named))
    _remove(into, (name for name in _names(into, _BUNDLE_FILE) if name not in named))
    return committed or bool(missing), _traffic(missing, files.values())


def _commit(into: Path, manifest: bytes, signature: str | None) -> bool:
    """Put manifest and signature in place; a reader with a public key finds a fitting pair at any time."""
    held, signed = _read(into / MANIFEST), _read(into / MANIFEST_SIGNATURE)
    wanted = f"{signature}\n".encode() if signature else None
    if held == manifest and signed == wanted:
        return False
    if wanted is not None and held != manifest:
        old = (signed or b"").splitlines(keepends=True)[-1:]
        write_atomically(into / MANIFEST_SIGNATURE, b"".join([wanted, *old]))
    write_atomically(into / MANIFEST, manifest)
    if wanted is not None:
        write_atomically(into / MANIFEST_SIGNATURE, wanted)
    else:
        _remove(into, [MANIFEST_SIGNATURE])
    return True


def _write_plain(store: Store, bundle: Bundle, release: Release, into: Path) -> tuple[bool, Traffic]:
    held = _held_plain(into)
    files = _plain_files(bundle.manifest)
    digests = {name: entries[0].sha256 for name, entries in files.items() if len(entries) == 1}
    # A table of several parts is joined, a packed one unpacked: its own hash is known from the last time alone.
    digests = {name: digest for name, digest in digests.items() if not _is_packed(files[name][0])}
    joined = held["files"] if held and held["bundle"] == bundle.manifest.bundle else {}
    expected = {name: digests.get(name) or joined.get(name) for name in files}
    missing = [name for name in files if expected[name] is None or _hash_of(into / name) != expected[name]]

    def write(name: str) -> str:
        content = b"".join(_content_of(bundle, entry) for entry in files[name])
        write_atomically(into / name, content)
        return sha256(content)

    written = dict(zip(missing, store.in_parallel(write, missing), strict=True))
    note = canonical_json(
        {
            "release": release.id,
            "build": release.build,
            "bundle": bundle.manifest.bundle,
            "target": bundle.manifest.target,
            "files": {name: written.get(name) or expected[name] for name in files},
        }
    )
    changed = bool(missing) or _read(into / PLAIN_LIST) != note
    if changed:
        write_atomically(into / PLAIN_LIST, note)
    _remove(into, (name for name in held.get("files", {}) if name not in files and _PLAIN_FILE.fullmatch(name)))
    _remove(into, _names(into, None))
    entries = [entry for name in missing for entry in files[name]]
    return changed, _traffic(entries, [entry for parts in files.values() for entry in parts])


def _is_packed(entry: FileEntry) -> bool:
    return isinstance(entry, Part) and entry.unpacked is not None


def _content_of(bundle: Bundle, entry: FileEntry) -> bytes:
    return bundle.read_part(entry) if isinstance(entry, Part) else bundle.read(entry)


def _plain_files(manifest: Manifest) -> dict[str, tuple[FileEntry, ...]]:
    files: dict[str, tuple[FileEntry, ...]] = {f"{_SCHEMA}.binpb": (manifest.schema,)}
    for name, table in manifest.tables.items():
        if name.casefold() == _SCHEMA:
            raise UsageError(
                sentence(
                    "a table called {name} and the schema can't both be {schema}.binpb", name=name, schema=_SCHEMA
                ),
                hint=sentence("fetch without plain names"),
            )
        files[f"{name}.binpb"] = table.parts
        if table.text is not None:
            files[f"{name}{Path(table.text.file).suffix}"] = (table.text,)
    for name in files:
        if not _PLAIN_FILE.fullmatch(name):
            raise DamagedError(sentence("{name} can't be the name of a table's file", name=repr(name)))
    return files


def _held_manifest(into: Path) -> Manifest | None:
    """The manifest in the folder; None where there is none, or none that can be used."""
    content = _read(into / MANIFEST)
    try:
        return Manifest.from_bytes(content) if content is not None else None
    except DamagedError:
        return None


def _held_plain(into: Path) -> Mapping[str, Any]:
    try:
        held = json.loads(_read(into / PLAIN_LIST) or b"{}")
        return held if isinstance(held["files"], dict) and isinstance(held["bundle"], str) else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _read(path: Path) -> bytes | None:
    with writing(path):
        try:
            return read_plain(path)
        except FileNotFoundError:
            return None


def _hash_of(path: Path) -> str | None:
    content = _read(path)
    return None if content is None else sha256(content)


def _names(into: Path, pattern: re.Pattern[str] | None) -> list[str]:
    """The files in the folder that fit, and those that a fetch that died left half-written."""
    found = (entry.name for entry in os.scandir(into) if entry.is_file(follow_symlinks=False))
    return [name for name in found if is_temporary(name) or (pattern is not None and pattern.fullmatch(name))]


def _remove(into: Path, names: Iterable[str]) -> None:
    for name in names:
        with writing(into / name):
            (into / name).unlink(missing_ok=True)


def _traffic(moved: Iterable[FileEntry], whole: Iterable[FileEntry]) -> Traffic:
    moved, whole = list(moved), list(whole)
    return Traffic(len(moved), sum(one.size for one in moved), len(whole), sum(one.size for one in whole))
