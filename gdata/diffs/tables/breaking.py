"""What breaks between two schemas says `buf breaking`: offline, on the bundles' own descriptors."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet

from gdata.config import SchemaRule
from gdata.diffs.model import SchemaChange
from gdata.diffs.tables.schemas import BundleSchema
from gdata.errors import OutsideError
from gdata.language import sentence

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
    if not old.files.file or not new.files.file or old.content == new.content:
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
