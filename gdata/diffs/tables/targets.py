"""Compare the two bundles of one target: the schema, then every table whose hashes leave a change open.

What breaks between two schemas says `buf breaking`: offline, on the bundles' own descriptors.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message

from gdata.bundles.reader import Bundle
from gdata.bundles.references import find_users
from gdata.config import SchemaRule
from gdata.diffs.model import Misreading, SchemaChange, Side, TableDiff
from gdata.diffs.tables.readers import old_readings
from gdata.diffs.tables.schemachanges import schema_changes
from gdata.diffs.tables.schemas import BundleSchema, means_the_same, open_schema
from gdata.diffs.tables.table import TableSide, compare_tables, one_sided
from gdata.diffs.tables.titles import SideTitles
from gdata.errors import OutsideError
from gdata.language import sentence

_USERS_MOST = 10_000
"""Removed rows of a table whose users are counted; of more, nobody reads them one by one."""
READ_AHEAD = 2
"""Tables whose bytes are read, both sides at once, while the one before is compared."""


_Sides = dict[str, TableSide]
TargetChanges = tuple[tuple[SchemaChange, ...], dict[str, TableDiff], tuple[Misreading, ...]]
"""Those of the schema, those of the tables by name, and what readers of the old schema get wrong."""


@dataclass(frozen=True)
class TargetComparison:
    """The two bundles of a target, either of which may be missing; `readers` read their files."""

    old: Bundle | None
    new: Bundle | None
    readers: Executor

    def compare(self, category: SchemaRule, new_side: Side) -> TargetChanges:
        """What changed for the target; `new_side` has the sources of the new schema, and the other targets."""
        if self.old is None or self.new is None:
            return self._one_sided(category)
        if self.old.manifest.bundle == self.new.manifest.bundle:
            return (), {}, ()
        same_schema = self.old.manifest.schema.sha256 == self.new.manifest.schema.sha256
        old_schema = open_schema(self.old)
        new_schema = old_schema if same_schema else open_schema(self.new)
        schema = () if same_schema else _schema_changes(old_schema, new_schema, category, new_side.sources)
        old, new = _sides(self.old, old_schema), _sides(self.new, new_schema)
        misread = self._misread(old, new, new_side) if category == "readers" else ()
        return schema, {diff.name: diff for diff in self._tables(old, new)}, misread

    def _one_sided(self, category: SchemaRule) -> TargetChanges:
        bundle, is_new = self.new or self.old, self.new is not None
        assert bundle is not None
        sides = _sides(bundle, open_schema(bundle))
        misread = () if is_new or category != "readers" else tuple(old_readings(sides, {}, lambda _: False))
        return (), {name: one_sided(side, is_new=is_new) for name, side in sorted(sides.items())}, misread

    def _misread(self, old: _Sides, new: _Sides, new_side: Side) -> tuple[Misreading, ...]:
        others = [bundle for bundle in new_side.bundles.values() if bundle is not self.new]

        def is_kept(field: FieldDescriptor) -> bool:
            holder = field.containing_type
            found = (open_schema(bundle).messages.get(holder.full_name) for bundle in others if holder is not None)
            return any(one is not None and field.name in one.fields_by_name for one in found)

        return tuple(old_readings(old, new, is_kept))

    def _tables(self, old: _Sides, new: _Sides) -> list[TableDiff]:
        renames = find_renames(
            {name: side for name, side in old.items() if name not in new},
            {name: side for name, side in new.items() if name not in old},
        )
        found = [one_sided(old[name], is_new=False) for name in old.keys() - new.keys() - set(renames.values())]
        found += [one_sided(new[name], is_new=True) for name in new.keys() - old.keys() - renames.keys()]
        pairs = [(old[renames.get(name, name)], new[name]) for name in sorted(new) if renames.get(name, name) in old]
        for old_side, new_side in self._read_ahead(pair for pair in pairs if _may_differ(*pair)):
            diff = compare_tables(old_side, new_side)
            if diff is not None:
                found.append(_with_users(diff, old_side.name, old))
        return sorted(found, key=lambda diff: diff.name)

    def _read_ahead(self, pairs: Iterable[tuple[TableSide, TableSide]]) -> Iterator[tuple[TableSide, TableSide]]:
        """The pairs, with the bytes of the next ones being read and hashed meanwhile."""
        waiting = []
        for old, new in pairs:
            waiting.append((old.reading(self.readers), new.reading(self.readers)))
            if len(waiting) > READ_AHEAD:
                yield waiting.pop(0)
        yield from waiting


def compare_one_table(old: Bundle | None, new: Bundle | None, table: str) -> TableDiff | None:
    """What changed in one table of a target; None where nothing did. A rename isn't looked for.

    Raises:
        DamagedError: a file of one of the bundles isn't what its manifest says.
    """
    sides = (
        _sides(bundle, open_schema(bundle), table) if bundle is not None and table in bundle.manifest.tables else {}
        for bundle in (old, new)
    )
    before, after = (found.get(table) for found in sides)
    if before is None or after is None:
        one = before or after
        return None if one is None else one_sided(one, is_new=before is None)
    return compare_tables(before, after)


def _with_users(diff: TableDiff, name: str, old: _Sides) -> TableDiff:
    """The table with how many rows referred to each of those that were removed."""
    referring = any(ref.table == name for side in old.values() for refs in side.entry.refs.values() for ref in refs)
    if not diff.removed or not referring or len(diff.removed) > _USERS_MOST:
        return diff
    users: dict[int, set[tuple[str, int]]] = {}
    rows = [row.message for row in diff.removed]
    entries = {one: side.entry for one, side in old.items()}
    held = cache(lambda one: _messages(old[one]))
    for at, use in find_users(entries, held, lambda one: old[one].shape.row, name, rows):
        users.setdefault(at, set()).add((use.table, id(use.row)))
    removed = [replace(row, users=len(users.get(at, ()))) for at, row in enumerate(diff.removed)]
    return replace(diff, removed=removed)


def _messages(side: TableSide) -> Sequence[Message]:
    """All rows of a side, held so that each stays the one object that it is."""
    raw = side.raw()
    return list(raw.read(range(len(raw.rows))))


def _schema_changes(
    old: BundleSchema, new: BundleSchema, category: SchemaRule, sources: bytes | None
) -> tuple[SchemaChange, ...]:
    return schema_changes(old, new, breaking_changes(old, new, category, sources))


def _sides(bundle: Bundle, schema: BundleSchema, only: str = "") -> _Sides:
    titles = SideTitles(bundle, schema)
    return {
        name: TableSide(name, entry, schema.table(name, entry, bundle.place), bundle, titles)
        for name, entry in bundle.manifest.tables.items()
        if only in ("", name)
    }


def _may_differ(old: TableSide, new: TableSide) -> bool:
    """Whether the hashes leave it open that a row differs."""
    if old.name != new.name or [part.sha256 for part in old.entry.parts] != [part.sha256 for part in new.entry.parts]:
        return True
    return not means_the_same(old.shape.row, new.shape.row)


_ENOUGH = 0.5
"""The share of equal rows, of the longer side, from which two tables are one."""


def find_renames(removed: Mapping[str, TableSide], added: Mapping[str, TableSide]) -> dict[str, str]:
    """New name → old name, for each table that goes on under another name. The likest pairs first."""
    likeness = [
        (_likeness(old, new), new_name, old_name)
        for old_name, old in sorted(removed.items())
        for new_name, new in sorted(added.items())
        if old.entry.kind == new.entry.kind and means_the_same(old.shape.row, new.shape.row)
    ]
    renames: dict[str, str] = {}
    for share, new_name, old_name in sorted(likeness, key=lambda one: (-one[0], *one[1:])):
        if share >= _ENOUGH and new_name not in renames and old_name not in renames.values():
            renames[new_name] = old_name
    return renames


def _likeness(old: TableSide, new: TableSide) -> float:
    if [part.sha256 for part in old.entry.parts] == [part.sha256 for part in new.entry.parts]:
        return 1.0 if old.entry.size else 0.0
    longer = max(old.entry.rows, new.entry.rows)
    if not longer or min(old.entry.rows, new.entry.rows) < longer * _ENOUGH:
        return 0.0
    return sum((Counter(old.cut().rows) & Counter(new.cut().rows)).values()) / longer


TIMEOUT = 60.0
"""Seconds that buf may take; it needs 0.05."""
_FOUND_SOME = 100
"""buf's exit code where it did its work and found breaking changes."""

_Path = tuple[int, ...]
"""A place in a FileDescriptorProto: field numbers and indexes in turn, as in SourceCodeInfo."""


def breaking_changes(
    old: BundleSchema, new: BundleSchema, category: SchemaRule, sources: bytes | None = None
) -> tuple[SchemaChange, ...]:
    """What in `new` breaks who reads by `old`, in the order of the files.

    `sources` are the full descriptors that `new` was made from: with them each change has its line.

    Raises:
        OutsideError: buf isn't there or can't do its work.
    """
    if category in ("off", "readers") or not old.files.file or not new.files.file or old.content == new.content:
        return ()
    image = FileDescriptorSet.FromString(new.content)
    if sources is not None:
        _graft_lines(image, FileDescriptorSet.FromString(sources))
    lines = _run_buf(old.content, image.SerializeToString(), category).splitlines()
    found = [_change(json.loads(line), sources is not None) for line in lines]
    return tuple(sorted(found, key=lambda one: (one.file, one.line or 0, one.rule, one.message)))


def _change(raw: dict[str, str | int], has_lines: bool) -> SchemaChange:
    line = raw.get("start_line") if has_lines else None
    # buf's closing advice is a link to a page that says nothing of sheets.
    message = str(raw["message"]).split(" See https://")[0]
    return SchemaChange(True, str(raw["type"]), message, str(raw.get("path", "")), int(line) if line else None)


def _run_buf(old: bytes, new: bytes, category: SchemaRule) -> str:
    config = {"version": "v2", "breaking": {"use": [category.upper()]}}
    with TemporaryDirectory(prefix="gdata-buf-") as scratch:
        Path(scratch, "old.binpb").write_bytes(old)
        Path(scratch, "new.binpb").write_bytes(new)
        command = [find_buf(), "breaking", "new.binpb", "--against", "old.binpb"]
        command += ["--error-format", "json", "--config", json.dumps(config)]
        try:
            done = subprocess.run(
                command,
                cwd=scratch,
                env={**os.environ, "BUF_CACHE_DIR": scratch},
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OutsideError(
                sentence("buf can't judge the schema change: {error}", error=error), hint=_HINT
            ) from error
    if done.returncode not in (0, _FOUND_SOME):
        words = done.stderr.strip() or f"exit code {done.returncode}"
        raise OutsideError(sentence("buf can't judge the schema change: {words}", words=words), hint=_HINT)
    return done.stdout


_HINT = sentence(
    "reinstall gdata's dependencies (`pip install --force-reinstall buf-bin`), or set `gate: {{schema: off}}`"
)


def find_buf() -> str:
    """The path of the buf that the package buf-bin installed, beside this Python; else the one on PATH.

    Raises:
        OutsideError: there is none.
    """
    for folder in (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        found = shutil.which("buf", path=str(folder))
        if found:
            return found
    found = shutil.which("buf")
    if found is None:
        raise OutsideError(sentence("the program buf, which judges schema changes, isn't installed"), hint=_HINT)
    return found


def _graft_lines(image: FileDescriptorSet, sources: FileDescriptorSet) -> None:
    """Give the files of a bundle's schema the line numbers of those they were stripped from."""
    originals = {file.name: file for file in sources.file}
    for file in image.file:
        original = originals.get(file.name)
        if original is None:
            continue
        twins = dict(_twins(original, file))
        for location in original.source_code_info.location:
            path = _translate(tuple(location.path), twins)
            if path is not None:
                file.source_code_info.location.add(path=path, span=location.span)


def _translate(path: _Path, twins: dict[_Path, _Path]) -> _Path | None:
    """Where a place lies in the stripped file; what is deeper than a declaration's own parts isn't needed."""
    if path in twins:
        return twins[path]
    return (*twins[path[:-1]], path[-1]) if path and path[:-1] in twins else None


def _twins(original: FileDescriptorProto, file: FileDescriptorProto) -> Iterator[tuple[_Path, _Path]]:
    """Pairs of places of the same declaration: file, messages, fields, enums and their values."""
    yield (), ()
    messages = {one.name: (index, one) for index, one in enumerate(original.message_type)}
    for index, message in enumerate(file.message_type):
        if message.name in messages:
            place, twin = messages[message.name]
            yield from _message_twins(twin, message, (4, place), (4, index))
    yield from _enum_twins(original.enum_type, file.enum_type, ((), ()), 5)


def _message_twins(
    original: DescriptorProto, message: DescriptorProto, place: _Path, at: _Path
) -> Iterator[tuple[_Path, _Path]]:
    yield place, at
    fields = {one.number: index for index, one in enumerate(original.field)}
    for index, one in enumerate(message.field):
        if one.number in fields:
            yield (*place, 2, fields[one.number]), (*at, 2, index)
    nested = {one.name: (index, one) for index, one in enumerate(original.nested_type)}
    for index, inner in enumerate(message.nested_type):
        if inner.name in nested:
            inner_place, twin = nested[inner.name]
            yield from _message_twins(twin, inner, (*place, 3, inner_place), (*at, 3, index))
    yield from _enum_twins(original.enum_type, message.enum_type, (place, at), 4)


def _enum_twins(
    originals: Iterable[EnumDescriptorProto], enums: Iterable[EnumDescriptorProto], under: tuple[_Path, _Path], tag: int
) -> Iterator[tuple[_Path, _Path]]:
    known = {one.name: (index, one) for index, one in enumerate(originals)}
    for index, enum in enumerate(enums):
        if enum.name not in known:
            continue
        place, twin = (*under[0], tag, known[enum.name][0]), known[enum.name][1]
        yield place, (*under[1], tag, index)
        values = {one.name: number for number, one in enumerate(twin.value)}
        for number, value in enumerate(enum.value):
            if value.name in values:
                yield (*place, 2, values[value.name]), (*under[1], tag, index, 2, number)
