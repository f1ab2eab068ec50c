"""Read everything and compare it with what vouches for it: a folder's bundles, a release, the whole store.

Faults are collected, not raised, so that one run names every damaged file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gdata.bundles.manifest import MANIFEST, FileEntry, Manifest, sha256
from gdata.bundles.reader import Bundle, open_bundle, open_output
from gdata.errors import DamagedError, UsageError
from gdata.language import say, sentence
from gdata.releases.blobs import pieces_of, read_pieces
from gdata.releases.log import build_of, channel_names, check_follows, mark_of, read_entry
from gdata.releases.reader import read_bundle, read_release
from gdata.releases.records import Entry, Release
from gdata.releases.signatures import MANIFEST_SIGNATURE, PublicKeys, check_any_signature, check_signature
from gdata.releases.stores import read_identity
from gdata.releases.stores.store import (
    BLOBS,
    CHANNELS,
    IDENTITY,
    RELEASES,
    Store,
    StoredFile,
    WritableStore,
    blob_name,
    entry_name,
    entry_number,
    is_own,
    is_temporary,
    mark_name,
    release_name,
)

_LARGEST_LIST = 1 << 26
_REPAIR = sentence("`gdata repair` brings it back where there is a copy; else restore the file from a backup")


@dataclass(frozen=True)
class Damage:
    """A file that isn't what it should be."""

    file: str
    message: str
    hint: str = ""


@dataclass
class Verification:
    """What was read: numbers of files and bytes, every fault, and what is worth a word without being wrong.

    `leftovers` are files of publishers that died; `pruned` are releases in a log that the store has no more;
    `unnamed` are releases in no log, as of such a publisher, or of a channel whose log is missing here.
    """

    place: str
    files: int = 0
    bytes: int = 0
    faults: list[Damage] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def count(self, size: int) -> None:
        """One more file of so many bytes was read."""
        self.files += 1
        self.bytes += size

    @contextmanager
    def at(self, file: str) -> Iterator[None]:
        """Note what is raised about damage in the block as a fault of `file`."""
        try:
            yield
        except DamagedError as error:
            self.faults.append(Damage(file, str(error), error.hint))


def verify_folder(folder: Path, *, public_key: PublicKeys | None = None) -> Verification:
    """Every file of the bundle in a folder, or of each target's bundle in an output folder.

    Raises:
        UsageError: there is no bundle.
    """
    report = Verification(str(folder))
    if (folder / MANIFEST).exists():
        with report.at(str(folder / MANIFEST)):
            _verify_bundle(report, open_bundle(folder), folder, public_key)
        return report
    with report.at(str(folder)):
        bundles = open_output(folder)
        if not bundles:
            raise UsageError(
                sentence("{folder}: no bundle here", folder=folder), hint=sentence("run `gdata build` first")
            )
        for name, bundle in bundles.items():
            _verify_bundle(report, bundle, folder / name, public_key)
    return report


def verify_release(store: Store, release: str, *, public_key: PublicKeys | None = None) -> Verification:
    """Every file that one release needs.

    Raises:
        UsageError: there is no such release.
    """
    report = Verification(say("{place}, release {release}", place=store.place, release=release))
    with report.at(release_name(release)):
        record = read_release(store, release)
        report.count(len(record.to_bytes()))
        for digest in filter(None, (record.protos, record.snapshot)):
            with report.at(blob_name(digest)):
                report.count(len(read_pieces(store, digest)))
        for target in record.targets:
            with report.at(blob_name(record.targets[target].manifest)):
                bundle = read_bundle(store, record, target, public_key=public_key)
                report.count(len(bundle.manifest_bytes))
                _verify_files(report, bundle, lambda entry: blob_name(entry.sha256))
    return report


def verify_store(store: WritableStore, *, public_key: PublicKeys | None = None) -> Verification:
    """Every blob, every release's record, every entry of every log, and that they fit together.

    Raises:
        StoreError: the store can't be listed.
        UsageError: there is none.
    """
    report = Verification(store.place)
    if store.why_empty() and not any(store.files(folder) for folder in (CHANNELS, RELEASES, BLOBS)):
        raise UsageError(sentence("{place}: there is no release store", place=store.place), hint=store.why_empty())
    records = _read_records(report, store)
    blobs = _verify_blobs(report, store, records)
    for record in records.values():
        if record.release is not None:
            with report.at(record.file):
                _verify_needs(report, store, record.release, blobs, public_key)
    with report.at(IDENTITY):
        _verify_identity(report, store, records)
    named = set[str]()
    for channel in channel_names(store):
        named |= _verify_log(report, store, channel, records, public_key)
    report.unnamed += sorted(records.keys() - named)
    return report


@dataclass(frozen=True)
class _Record:
    """A release's file as it lies in the store; `release` is None where it can't be read."""

    file: str
    sha256: str
    release: Release | None


def _verify_bundle(report: Verification, bundle: Bundle, folder: Path, public_key: PublicKeys | None) -> None:
    report.count(len(bundle.manifest_bytes))
    signature = folder / MANIFEST_SIGNATURE
    if signature.exists() or public_key is not None:
        with report.at(str(signature)):
            lines = signature.read_text("ascii", errors="replace") if signature.exists() else None
            check_any_signature(lines, bundle.manifest_bytes, place=str(folder / MANIFEST), key=public_key)
    _verify_files(report, bundle, lambda entry: str(folder / entry.file))


def _verify_files(report: Verification, bundle: Bundle, name: Callable[[FileEntry], str]) -> None:
    for entry in bundle.manifest.files:
        with report.at(name(entry)):
            bundle.read(entry)
            report.count(entry.size)


def _read_records(report: Verification, store: WritableStore) -> dict[str, _Record]:
    """The releases' files by the id in their name."""
    records = {}
    for file in _own_files(report, store, RELEASES):
        content = store.find(file.name, file.size) or b""
        report.count(len(content))
        release = None
        with report.at(file.name):
            place = f"{store.place}: {file.name}"
            release = Release.from_bytes(content, place=place)
            if file.name != release_name(release.id):
                raise DamagedError(sentence("{place} is damaged: it is the record of {id}", place=place, id=release.id))
        records[file.name.rpartition("/")[2].removesuffix(".json")] = _Record(file.name, sha256(content), release)
    return records


def _verify_blobs(report: Verification, store: WritableStore, records: Mapping[str, _Record]) -> dict[str, bytes]:
    """Which blobs the store has, by hash; of manifests and lists of pieces the bytes, of all others nothing."""
    releases = [record.release for record in records.values() if record.release]
    read_further = {target.manifest for release in releases for target in release.targets.values()}
    read_further.update(release.snapshot for release in releases if release.snapshot)

    def verify(file: StoredFile) -> tuple[str, bytes]:
        content = store.find(file.name, file.size) or b""
        digest = file.name.rpartition("/")[2]
        with report.at(file.name):
            if sha256(content) != digest:
                raise DamagedError(
                    sentence(
                        "{place}: {name} is damaged: its bytes aren't those of its name",
                        place=store.place,
                        name=file.name,
                    ),
                    hint=_REPAIR,
                )
        report.count(len(content))
        return digest, content if digest in read_further and len(content) < _LARGEST_LIST else b""

    return dict(store.in_parallel(verify, _own_files(report, store, BLOBS)))


def _verify_needs(
    report: Verification,
    store: WritableStore,
    release: Release,
    blobs: Mapping[str, bytes],
    public_key: PublicKeys | None,
) -> None:
    file = release_name(release.id)
    place = f"{store.place}: {file}"
    needed = {digest for digest in (release.protos, release.snapshot) if digest}
    if release.snapshot and release.snapshot in blobs:
        needed.update(pieces_of(blobs[release.snapshot], f"{store.place}: {blob_name(release.snapshot)}") or ())
    for target, released in release.targets.items():
        needed.add(released.manifest)
        if released.manifest not in blobs:
            continue
        content = blobs[released.manifest]
        with report.at(file):
            check_signature(
                released.signature,
                content,
                place=say("{place}, target {target}", place=place, target=target),
                key=public_key,
            )
        manifest = Manifest.from_bytes(content, place=f"{store.place}: {blob_name(released.manifest)}")
        if (manifest.target, manifest.build) != (target, release.build):
            raise DamagedError(
                sentence(
                    "{place} is damaged: it gives {target} the manifest of {other_target}",
                    place=place,
                    target=target,
                    other_target=manifest.target,
                )
            )
        needed.update(entry.sha256 for entry in manifest.files)
    for digest in sorted(needed - blobs.keys()):
        with report.at(blob_name(digest)):
            raise DamagedError(
                sentence("{place} needs {blob_name}, which is missing", place=place, blob_name=blob_name(digest)),
                hint=_REPAIR,
            )


def _verify_identity(report: Verification, store: WritableStore, records: Mapping[str, _Record]) -> None:
    if read_identity(store) is not None:
        report.count(store.size_of(IDENTITY) or 0)
    elif any("store" in record.release.provenance for record in records.values() if record.release):
        raise DamagedError(
            sentence("{place}: {file} is missing", place=store.place, file=IDENTITY),
            hint=sentence("publish once: that writes it again"),
        )


def _verify_log(
    report: Verification,
    store: WritableStore,
    channel: str,
    records: Mapping[str, _Record],
    public_key: PublicKeys | None,
) -> set[str]:
    """The releases that the log of a channel names."""
    named = set()
    files = [file.name for file in _own_files(report, store, f"{CHANNELS}/{channel}")]
    last = max(map(entry_number, files), default=0)
    bad = {name[-13:-5] for name in files if not entry_number(name)}
    before: Entry | None = None
    for number in range(1, last + 1):
        name = entry_name(channel, number)
        entry = None
        with report.at(name):
            entry = read_entry(store, channel, number)
            report.count(len(entry.to_bytes()))
            check_signature(entry.signature, entry.signed_bytes(), place=f"{store.place}: {name}", key=public_key)
            if before is not None or number == 1:
                check_follows(store.place, entry, before)
        if entry is not None and entry.action == "rollback" and entry.base is not None:
            bad.add(build_of(entry.base))
        if entry is not None:
            named.add(entry.release)
            _verify_record_of(report, store, entry, records.get(entry.release), is_newest=number == last)
        before = entry
    for build in sorted(bad):
        _verify_mark(report, store, mark_name(channel, build), build)
    return named


def _verify_mark(report: Verification, store: WritableStore, name: str, build: str) -> None:
    with report.at(name):
        content = store.find(name)
        if content != mark_of(build):
            wrong = say("is missing") if content is None else say("is damaged")
            raise DamagedError(
                sentence(
                    "{place}: {name} {wrong}: it tells that the channel was rolled back from that build",
                    place=store.place,
                    name=name,
                    wrong=wrong,
                ),
                hint=sentence("`gdata repair` writes it again"),
            )
        report.count(len(content))


def _verify_record_of(
    report: Verification, store: WritableStore, entry: Entry, record: _Record | None, *, is_newest: bool
) -> None:
    file = release_name(entry.release)
    if record is None and not is_newest:
        report.pruned.append(entry.release)
    elif record is None or record.sha256 != entry.record:
        wrong = say("is missing") if record is None else say("is damaged: it isn't the record that was written")
        with report.at(file):
            raise DamagedError(
                sentence(
                    "{place}: {file} {wrong}; channel {channel} points at it",
                    place=store.place,
                    file=file,
                    wrong=wrong,
                    channel=entry.channel,
                ),
                hint=_REPAIR,
            )


def _own_files(report: Verification, store: WritableStore, folder: str) -> list[StoredFile]:
    files = store.files(folder)
    report.leftovers += [file.name for file in files if is_temporary(file.name)]
    for file in files:
        with report.at(file.name):
            entry_number(file.name)
    return [file for file in files if is_own(file.name)]
