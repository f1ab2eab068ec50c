"""What the last build noted in `.gdata/`: whether it failed, what it was made from, and what it left alone.

So it is told whether what lies in `output/` is what the sheets say, of what `.gdata/` knows alone: asking remote sheets
would take as long as a build. What it left alone are sheets that no line of sheets.yaml names, and tables that no
sheet feeds.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdata.config import Config, Spreadsheet
from gdata.errors import ChangedError, DamagedError, GdataError, OutsideError, RefusedError, SourceError
from gdata.files import read_sealed, write_sealed
from gdata.language import Sentence, say, say_counted, word_from_json
from gdata.longbytes import may_change_until
from gdata.pipeline.kept.state import OUTCOMES, UNFED, load_build
from gdata.pipeline.kept.unchanged import stamp_of
from gdata.project import digests_of_protos

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

    from gdata.project import Project
    from gdata.tables import Parsed

_SHOWN_CHANGED, _SHOWN_UNFED = 3, 8


def note_failure(config: Config, why: Sentence | str) -> None:
    """Keep why the last build failed; what is known of the one before it stays."""
    known = _read(config, OUTCOMES).get(config.path.name, {})
    failed = {"failed": why.as_json() if isinstance(why, Sentence) else why, "at": _now()}
    _write(config, OUTCOMES, {**known, **failed})


def note_built(project: Project, build: str, *, is_plain: bool = True) -> None:
    """Keep that this build lies in `output/` now, and from what; `is_plain`: from the sheets and files as they are."""
    config = project.config
    known = _read(config, OUTCOMES).get(config.path.name, {})
    made_from: dict[str, Any] = {"build": build}
    if is_plain:
        made_from |= {"settings": _settings(config), "protos": dict(project.protos)}
    is_same = {name: known.get(name) for name in ("failed", *made_from)} == {"failed": None, **made_from}
    stamps = _stamps(project) if is_plain else {}
    if not is_same or known.get("stamps", {}) != stamps:
        # Made again, it is as old as it was.
        _write(
            config,
            OUTCOMES,
            {**made_from, "stamps": stamps, "built": known.get("built", _now()) if is_same else _now()},
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


_OF_A_BUILD = ("protos", "output", "spreadsheets", "targets", "timezone", "asset_root", "checks", "severity")
_LINE = re.compile(r"\bline=\d+|\blines=\{[^}]*\}")


def _settings(config: Config) -> str:
    """A digest of what sheets.yaml says of a build: neither the gate and channels nor where lines stand."""
    about = {name: getattr(config.asked_at or config, name) for name in _OF_A_BUILD}
    text = _LINE.sub("", repr(about)).replace(str(config.folder), "")
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _stamps(project: Project) -> dict[str, list[int] | None]:
    """The states of the .proto files, the local sheets and their folders: while they are as they were, nothing needs to
    be read to know that nothing changed. Nothing, where one may have been written since the project was opened.
    """
    from gdata.sources.adapters import source_of

    config = project.config
    folders = [Path(folder) for folder, _, _ in os.walk(config.protos)]
    local = [one for one in config.spreadsheets if one.path is not None]
    paths = [*folders, *(path for folder in folders for path in folder.glob("*.proto"))]
    paths += [config.protos / name for name in project.protos]  # some of which lie behind links
    paths += [path for one in local for path in (one.path, *source_of(one).paths_of(one)) if path is not None]
    with suppress(OSError):  # A link that leads nowhere, a network folder that is gone: no reason for a build to fail.
        stamps = {_told_from(config.folder, path): stamp_of(str(path)) for path in paths}
        times = (time for stamp in stamps.values() if stamp is not None for time in stamp[1:3])
        return stamps if all(may_change_until(time) < project.opened for time in times) else {}
    return {}


def _told_from(folder: Path, path: Path) -> str:
    """A project that is copied takes its notes along, and has files of its own."""
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _is_as_it_was(config: Config, last: Mapping[str, Any]) -> bool:
    """Whether every file that a build was made from is in the state in which it was read; not, if nobody knows."""
    stamps: Mapping[str, Any] = last.get("stamps") or {}
    with suppress(OSError):
        return bool(stamps) and all(stamp_of(str(config.folder / path)) == stamp for path, stamp in stamps.items())
    return False


def built_at(config: Config, build: str) -> datetime | None:
    """When the build in `output/` was made; None where that isn't known."""
    known = _read(config, OUTCOMES).get(config.path.name, {})
    if known.get("build") != build or "built" not in known:
        return None
    return datetime.fromisoformat(known["built"])


@contextmanager
def noting_failure(config: Config) -> Iterator[None]:
    """Keep that the build inside the block failed, if it raises what stops one."""
    try:
        yield
    except GdataError as error:
        with suppress(GdataError):  # A full disk, say, stopped both.
            note_failure(config, str(error).partition("\n")[0])
        raise


def stale_notes(config: Config, build: str) -> list[str]:
    """Sentences on why `build`, which lies in `output/`, isn't what the sheets say; empty as far as is known."""
    outcomes = _read(config, OUTCOMES)
    last = outcomes.get(config.path.name, {})
    if "failed" in last:
        why = word_from_json(last["failed"])
        at = datetime.fromisoformat(last["at"]).astimezone()
        return [
            say("the last build failed ({why}) at {time}: this is the one before it", why=why, time=f"{at:%H:%M:%S}")
        ]
    others = [name for name, one in outcomes.items() if name != config.path.name and one.get("build") == build]
    if others and last.get("build", "") != build:
        return [say("it was built by {other_config}, not by {config}", other_config=others[0], config=config.path.name)]
    changed = list(_changed(config, build, last))
    return [say("{files} changed since this was built", files=_first(changed, _SHOWN_CHANGED))] if changed else []


def _changed(config: Config, build: str, last: Mapping[str, Any]) -> Iterator[str]:
    """What isn't as it was when `build` was made: settings and .proto files, else local sheets."""
    if last.get("build") == build:
        if last.get("settings") == _settings(config) and _is_as_it_was(config, last):
            return
        settings = list(_changed_settings(config, last))
        yield from settings
        if settings:
            return
    with suppress(DamagedError, OutsideError):
        yield from _changed_files(config, load_build(config.state, build).digests or {})


def _first(names: Sequence[str], most: int) -> str:
    """The first of some names, and how many more there are."""
    more = f" (+{len(names) - most})" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _changed_settings(config: Config, last: Mapping[str, Any]) -> Iterator[str]:
    """sheets.yaml, and the .proto files, that aren't what the build was made with."""
    if "settings" in last and last["settings"] != _settings(config):
        yield config.path.name
    if "protos" in last:
        now, before = digests_of_protos(config.protos), last["protos"]
        yield from (name for name in sorted({*now, *before}) if now.get(name) != before.get(name))


def check_fresh(config: Config, notes: Sequence[str]) -> None:
    """Refuse a build of which `stale_notes` says that it isn't what the sheets say."""
    if notes:
        raise RefusedError(
            f"{config.output}: {notes[0]}",
            hint=say("run `gdata build` first; or, if this very build is meant, add --stale"),
        )


def _changed_files(config: Config, known: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The local files whose content isn't what the build read."""
    for spreadsheet in config.spreadsheets:
        if spreadsheet.name in known and spreadsheet.path is not None:
            yield from _changed_in(spreadsheet, known[spreadsheet.name])


def _changed_in(spreadsheet: Spreadsheet, before: Mapping[str, str]) -> Iterator[str]:
    from gdata.sources.adapters import files_of, pull_local

    place = spreadsheet.location or spreadsheet.name
    try:
        pulled = pull_local(spreadsheet)
        digests = pulled.digests
    except (SourceError, ChangedError):
        yield place
        return
    files = files_of(pulled)
    for name in sorted({*before, *digests} - (files.shared if files is not None else frozenset())):
        if before.get(name) != digests.get(name):
            yield place if files is None else f"{place}/{name}"


@dataclass(frozen=True)
class Unfed:
    """Sheets, as `spreadsheet / title`, and full names of table messages."""

    sheets: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


def unfed_of(project: Project, parsed: Parsed) -> Unfed:
    """What a build left alone; of a source that doesn't tell its titles nothing is known."""
    sheets = tuple(f"{spreadsheet} / {title}" for spreadsheet, title in parsed.unnamed)
    return Unfed(sheets, tuple(_tables_without_sheets(project)))


def known_unfed(config: Config) -> Unfed:
    """What the last build found."""
    known = _read(config, UNFED).get(config.path.name, {})
    return Unfed(tuple(known.get("sheets", ())), tuple(known.get("tables", ())))


def note_unfed(project: Project, parsed: Parsed) -> str:
    """Keep it for the next build, and say it in one line; what wasn't there at the last one by name."""
    config = project.config
    before, now = known_unfed(config), unfed_of(project, parsed)
    if now != before:
        _write(config, UNFED, {"sheets": now.sheets, "tables": now.tables})
    parts = []
    if now.sheets:
        words = say_counted(
            "no line of {file} names {count} sheet",
            "no line of {file} names {count} sheets",
            len(now.sheets),
            file=config.path.name,
        )
        parts.append(_told(words, now.sheets, before.sheets))
    if now.tables:
        words = say_counted("{count} table has no sheet", "{count} tables have no sheet", len(now.tables))
        parts.append(_told(words, now.tables, before.tables))
    return "; ".join(parts) + say(" (`gdata doctor` lists them)") if parts else ""


def _told(words: str, now: Sequence[str], before: Sequence[str]) -> str:
    new = [name for name in now if name not in before]
    if not new:
        return words
    return say("{words}, new: {names}", words=words, names=_first(new, _SHOWN_UNFED))


def _tables_without_sheets(project: Project) -> Iterator[str]:
    fed = {name for entry in project.config.entries for name in entry.tables}
    messages = [found for name in project.schema.message_names if (found := project.schema.message(name)) is not None]
    parts = {field.message_type.full_name for one in messages for field in one.fields if field.message_type}
    for message in messages:
        if message.full_name not in fed | parts and message.containing_type is None and _looks_like_a_table(message):
            yield message.full_name


def _looks_like_a_table(message: Descriptor) -> bool:
    """A message of nothing but rows."""
    fields: Sequence[Any] = message.fields
    return len(fields) == 1 and fields[0].is_repeated and fields[0].message_type is not None


def _read(config: Config, name: str) -> dict[str, Any]:
    """What is noted in a file of `.gdata/`, by the name of sheets.yaml: a folder may hold several."""
    content = read_sealed(config.state / name, name)
    noted: dict[str, Any] = json.loads(bytes(content)) if content is not None else {}
    return noted


def _write(config: Config, name: str, noted: Mapping[str, Any]) -> None:
    known = {**_read(config, name), config.path.name: noted}
    write_sealed(config.state / name, name, json.dumps(known, sort_keys=True).encode())
