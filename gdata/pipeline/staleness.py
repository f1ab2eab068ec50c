"""Whether what lies in `output/` is what the sheets say: the last build may have failed, or a file changed since.

Only what `.gdata/` knows is told. Remote sheets aren't asked: that would take as long as a build.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from gdata.config import Config, Spreadsheet
from gdata.errors import DamagedError, GdataError, OutsideError, RefusedError, SourceError
from gdata.files import unseal, write_sealed
from gdata.language import Sentence, say, word_from_json
from gdata.pipeline.state import OUTCOMES, load_build
from gdata.sources.adapters import pull_local, source_of

_SHOWN = 3


def note_outcome(config: Config, why: Sentence | str | None) -> None:
    """Keep what came of the last build: None, or why it failed."""
    path = config.state / OUTCOMES
    known = _read(config)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    new = {"failed": why.as_json() if isinstance(why, Sentence) else why, "at": now} if why is not None else {}
    if known.get(config.path.name, {}) != new:
        write_sealed(path, OUTCOMES, json.dumps({**known, config.path.name: new}, sort_keys=True).encode())


@contextmanager
def noting_failure(config: Config) -> Iterator[None]:
    """Keep that the build inside the block failed, if it raises what stops one."""
    try:
        yield
    except GdataError as error:
        with suppress(GdataError):  # A full disk, say, stopped both.
            note_outcome(config, str(error).partition("\n")[0])
        raise


def stale_notes(config: Config, build: str) -> list[str]:
    """Sentences on why `build`, which lies in `output/`, isn't what the sheets say; empty as far as is known."""
    last = _read(config).get(config.path.name, {})
    if last:
        why = word_from_json(last["failed"])
        at = datetime.fromisoformat(last["at"]).astimezone()
        return [
            say("the last build failed ({why}) at {time}: this is the one before it", why=why, time=f"{at:%H:%M:%S}")
        ]
    with suppress(DamagedError, OutsideError):
        known = load_build(config.state, build).digests
        changed = [] if known is None else list(_changed_files(config, known))
        if changed:
            more = f" (+{len(changed) - _SHOWN})" if len(changed) > _SHOWN else ""
            files = ", ".join(changed[:_SHOWN]) + more
            return [say("{files} changed since this was built", files=files)]
    return []


def check_fresh(config: Config, build: str) -> None:
    """Refuse a build that isn't what the sheets say."""
    notes = stale_notes(config, build)
    if notes:
        raise RefusedError(
            f"{config.output}: {notes[0]}",
            hint=say("run `gdata build` first; or, if this very build is meant, add --stale"),
        )


def _changed_files(config: Config, known: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The local files whose content isn't what the build read."""
    for spreadsheet in config.spreadsheets:
        if spreadsheet.name in known and not source_of(spreadsheet).is_remote:
            yield from _changed(spreadsheet, known[spreadsheet.name])


def _changed(spreadsheet: Spreadsheet, before: Mapping[str, str]) -> Iterator[str]:
    place = spreadsheet.location or spreadsheet.name
    try:
        pulled = pull_local(spreadsheet)
    except SourceError:
        yield place
        return
    files = source_of(pulled).files_of(pulled)
    for name in sorted({*before, *pulled.digests} - (files.shared if files is not None else frozenset())):
        if before.get(name) != pulled.digests.get(name):
            yield place if files is None else f"{place}/{name}"


def _read(config: Config) -> dict[str, Any]:
    """The outcomes by the name of sheets.yaml: a folder may hold several."""
    try:
        content = unseal((config.state / OUTCOMES).read_bytes(), OUTCOMES)
    except OSError:
        return {}
    outcomes: dict[str, Any] = json.loads(bytes(content)) if content is not None else {}
    return outcomes
