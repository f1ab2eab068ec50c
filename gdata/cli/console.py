"""Where commands write: results to stdout, everything else to stderr; colours only where somebody sees them.

Nothing acts on the console but gdata: what comes from sheets, stores and servers is written out.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from gdata.events import Event, Listener
from gdata.language import sentence
from gdata.text import visible_lines

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


_WIDTH_OF_FILES = 120


def result_console() -> Console:
    """The console for a command's result: stdout; in a file or a pipe lines have room."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_OF_FILES
    return SafeConsole(file=sys.stdout, highlight=False, emoji=False, width=width)


def error_console() -> Console:
    """The console for progress, questions and errors: stderr."""
    return SafeConsole(file=sys.stderr, highlight=False, emoji=False)


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
    pieces = encoder.iterencode(value)
    while text := "".join(islice(pieces, 10_000)):
        write_result(text)
    write_result("\n")


_STAGES = {
    "pull": sentence("pulling"),
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
        if self._quiet:
            return
        if event.note:
            self._console.print(f"{event.name}: {event.note}" if event.name else event.note, markup=False)
        if self._bar is not None:
            self._show_bar(self._bar, event)
        elif event.stage not in self._told:
            self._told.add(event.stage)
            self._console.print(f"{_STAGES[event.stage]}…", markup=False)

    def _show_bar(self, bar: Progress, event: Event) -> None:
        task = self._tasks.get(event.stage)
        if task is None:
            task = self._tasks[event.stage] = bar.add_task(str(_STAGES[event.stage]), total=event.total or 1, name="")
        bar.update(task, completed=event.done, total=event.total or 1, name=event.name[:32])


class SafeConsole(Console):
    """Rich's console, without control characters or changes of direction from the text that it prints.

    Sentences are broken into lines on a terminal alone; in a log or a pipe each stays one line, to be searched.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich does."""
        if not self.is_terminal and all(isinstance(one, str) for one in objects):
            options["soft_wrap"] = True
        super().print(*objects, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What everything printed passes through; styles and moves of the cursor are kept apart from text."""
        for segment in super().render(renderable, options):
            text = segment.text
            yield segment if segment.control or text.isprintable() else segment._replace(text=visible_lines(text))

    def on_broken_pipe(self) -> None:
        """Go on in silence once nobody reads: `gdata build 2>&1 | head` builds, and keeps its exit code."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
