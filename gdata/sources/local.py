"""What sources on this computer have in common: files are read, or it is said why not in a planner's words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from gdata.config import Config, Spreadsheet
from gdata.errors import SourceError
from gdata.files import reason_of
from gdata.language import Sentence, say, sentence
from gdata.longbytes import Content, WatchedFile
from gdata.sources.grid import Pulled
from gdata.sources.source import DoctorStep, OnProgress, Wanted
from gdata.text import nearest

MAX_BYTES = 512 << 20
"""Of a file that is read into memory as a whole."""
_MOST_LONG_BYTES = 4 << 30
_LONG_BYTES = 4 << 20
"""From this much on a file that can be read in blocks is."""


class LocalSource(ABC):
    """The part of `Source` that is the same for all files; a kind adds `pull_one` and what reads them."""

    is_remote = False
    reads_per_minute = 0

    @abstractmethod
    def pull_one(self, spreadsheet: Spreadsheet) -> Pulled:
        """Read the bytes of one spreadsheet.

        Raises:
            SourceError: it can't be read.
        """

    def get_ready(self, config: Config) -> None:
        """Nothing: files are there."""
        del config

    def pull(self, wanted: Wanted, config: Config, on_progress: OnProgress) -> Iterator[Pulled]:
        """Each spreadsheet when its turn comes; one that can't be read says so, and the others are read."""
        return (self._try_one(spreadsheet) for spreadsheet, _ in wanted)

    def _try_one(self, one: Spreadsheet) -> Pulled:
        try:
            return self.pull_one(one)
        except SourceError as error:
            return Pulled(one.name, one.kind, {}, datetime.now(UTC), location=one.location, failure=error)

    def sheet_ids(self, spreadsheets: Sequence[Spreadsheet], config: Config) -> Mapping[str, Mapping[str, int]]:
        """None: paths need none."""
        return {}

    def examine(self, spreadsheets: Sequence[Spreadsheet], config: Config) -> Iterator[DoctorStep]:
        """Whether each can be read."""
        for one in spreadsheets:
            try:
                self.pull_one(one)
            except SourceError as error:
                yield DoctorStep(sentence("spreadsheet {name}", name=one.name), "error", str(error), error.hint)
            else:
                yield DoctorStep(
                    sentence("spreadsheet {name}", name=one.name),
                    "ok",
                    say("{location} can be read", location=one.location or one.path),
                )


def read_file(path: Path, name: str) -> bytes:
    """All bytes of `path`; `name` is what messages call it.

    Raises:
        SourceError: it isn't there, may not be read, is held open by another program, or is beyond 512 MiB.
    """
    with _reading(path, name):
        check_size(name, path.stat().st_size)
        return path.read_bytes()


def read_long_file(path: Path, name: str) -> Content:
    """The same of a file that is read in blocks where it is large: up to 4 GiB, and they stay in the file."""
    with _reading(path, name):
        size = path.stat().st_size
        check_size(name, size, _MOST_LONG_BYTES)
        return path.read_bytes() if size < _LONG_BYTES else WatchedFile.all_of(path, name)


def check_size(name: str, size: int, most: int | None = None) -> None:
    """Raise SourceError where a file is larger than is read: as a whole, or `most`."""
    most = MAX_BYTES if most is None else most
    if size > most:
        raise SourceError(
            sentence("{place}: larger than {size} MiB", place=name, size=most >> 20),
            hint=sentence("split it, or delete pictures and unused sheets"),
        )


@contextmanager
def _reading(path: Path, name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SourceError(
            sentence("{place}: there is no such file or folder", place=name), hint=_put_back(path)
        ) from error
    except PermissionError as error:
        raise SourceError(
            sentence("{place}: may not be read", place=name),
            hint=sentence("if it is open in Excel, close it there; else ask for the right to read it"),
        ) from error
    except OSError as error:
        raise SourceError(
            sentence("{place}: can't be read: {error}", place=name, error=reason_of(error)),
            hint=sentence("check the disk"),
        ) from error


def _put_back(path: Path) -> Sentence:
    with suppress(OSError):
        near = nearest(path.name, [one.name for one in path.parent.iterdir()])
        if near:
            return sentence("did you mean {near}? Else put it back, or mend its line in sheets.yaml", near=near)
    return sentence("put it back, or mend its line in sheets.yaml")
