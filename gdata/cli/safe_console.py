"""A console on which nothing acts but gdata: what comes from sheets, stores and servers is written out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from gdata.text import visible_lines


class SafeConsole(Console):
    """Rich's console, without markup, control characters or changes of direction from the text that it prints.

    Sentences are broken into lines on a terminal alone; in a log or a pipe each stays one line, to be searched.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, highlight=False, emoji=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich does."""
        if not self.is_terminal and all(isinstance(one, (str, Text)) for one in objects):
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
