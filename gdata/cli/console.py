"""Where commands write: results to stdout, everything else to stderr; colours only where somebody sees them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from gdata.events import Event, Listener
from gdata.language import say, sentence
from gdata.text import visible, visible_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.table import Table


_WIDTH_OF_FILES = 120


def result_console() -> Console:
    """The console for a command's result: stdout; in a file or a pipe lines have room."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_OF_FILES
    from gdata.cli.safe_console import SafeConsole

    return SafeConsole(file=sys.stdout, width=width)


def error_console() -> Console:
    """The console for progress, questions and errors: stderr."""
    from gdata.cli.safe_console import SafeConsole

    return SafeConsole(file=sys.stderr)


def plain_table(*, header: bool = True) -> Table:
    """Columns alone, without lines between them."""
    from rich.table import Table

    return Table(box=None, show_header=header, padding=(0, 2, 0, 0), pad_edge=False)


def warn(notes: Iterable[str]) -> None:
    """A warning a line, on stderr."""
    for note in notes:
        error_console().print(say("warning: {note}", note=visible(note)), style="yellow", soft_wrap=True)


def print_fault(console: Console, fault: object, hint: str, style: str = "red") -> None:
    """What is wrong, and below it what to do."""
    console.print(str(fault), style=style, soft_wrap=True)
    if hint:
        console.print(f"  → {hint}", soft_wrap=True)


def write_result(text: str) -> None:
    """Text of a format for programs on stdout, as it is; where a person's terminal reads it, made visible first."""
    if sys.stdout.isatty():
        text = visible_lines(text)
    sys.stdout.write(text)


def print_json(value: Any) -> None:
    """One JSON object on stdout; what isn't JSON in it has `as_json()`, asked for when its turn comes.

    300,000 problems take 5 s and no further memory; as dicts and one text they would take a gigabyte.
    """
    encoder = json.JSONEncoder(ensure_ascii=False, indent=1, default=lambda one: one.as_json())
    write_pieces(encoder.iterencode(value))


def write_pieces(pieces: Iterator[str]) -> None:
    """A long result on stdout, as its pieces come, and the end of its last line."""
    while text := "".join(islice(pieces, 10_000)):
        write_result(text)
    write_result("\n")


_STAGES = {
    "pull": sentence("pulling"),
    "guess": sentence("guessing"),
    "parse": sentence("parsing"),
    "check": sentence("checking"),
    "encode": sentence("encoding"),
    "write": sentence("writing"),
    "publish": sentence("publishing"),
}


class ProgressLine:
    """Shows a stage's progress: a bar on a terminal, a plain line a stage elsewhere, nothing when quiet."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._told: set[str] = set()
        self.notes: list[str] = []
        """What was said beside the progress: it stays on the screen."""
        self.has_waited = False

    @cached_property
    def _console(self) -> Console:
        return error_console()  # Where nothing is shown, rich needn't be there.

    def __enter__(self) -> Listener:
        if not self._quiet and self._console.is_terminal:
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description:<10}"),
                BarColumn(bar_width=24),
                TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[name]}", markup=False),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )
            self._bar.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _show(self, event: Event) -> None:
        self.has_waited = self.has_waited or bool(event.note and event.stage == "pull")
        if self._quiet:
            return
        if event.note:
            self.notes.append(f"{event.name}: {event.note}" if event.name else event.note)
            self._console.print(self.notes[-1])
        if self._bar is not None:
            self._show_bar(self._bar, event)
        elif event.stage not in self._told:
            self._told.add(event.stage)
            self._console.print(f"{_STAGES[event.stage]}…")

    def _show_bar(self, bar: Progress, event: Event) -> None:
        task = self._tasks.get(event.stage)
        if task is None:
            task = self._tasks[event.stage] = bar.add_task(str(_STAGES[event.stage]), total=event.total or 1, name="")
        bar.update(task, completed=event.done, total=event.total or 1, name=event.name[:32])


class Recording:
    """Keeps what a command writes, while it writes it: `with Recording() as said: …; said.pieces`."""

    def __init__(self) -> None:
        self.pieces: list[list[str]] = []
        """Where, `out` or `err`, and what; or what is filled in when it is said again: `seconds`, `timings`."""
        self._is_paused = False

    def __enter__(self) -> Self:
        self._streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Heard(sys.stdout, "out", self), _Heard(sys.stderr, "err", self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self._streams

    @contextmanager
    def of_notes(self, progress: ProgressLine) -> Iterator[None]:
        """A block that shows progress; a terminal's bars come and go, and what stays are the notes."""
        self._is_paused = sys.stderr.isatty()
        try:
            yield
        finally:
            was_paused, self._is_paused = self._is_paused, False
        if was_paused:
            console = error_console()
            for note in progress.notes:
                with console.capture() as printed:
                    console.print(note)
                self.hear("err", printed.get())

    def hear(self, where: str, text: str) -> None:
        """Keep a piece."""
        if self._is_paused:
            return
        if self.pieces and self.pieces[-1][0] == where:
            self.pieces[-1][1] += text
        else:
            self.pieces.append([where, text])

    def replace_last(self, text: str, where: str, instead: str = "") -> None:
        """Cut the last `text` out of the last piece, for something that is another the next time."""
        stream, last = self.pieces.pop()
        before, found, after = last.rpartition(text)
        if found:
            self.pieces += [[stream, before], [where, instead or stream], [stream, after]]


class _Heard:
    """A stream, and who keeps what is written to it."""

    def __init__(self, stream: Any, where: str, recording: Recording) -> None:
        self._stream = stream
        self._where = where
        self._recording = recording

    def write(self, text: str) -> int:
        self._recording.hear(self._where, text)
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
