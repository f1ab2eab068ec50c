"""The command blocks of a page of the docs, and the markers for tests between them.

A marker is a comment before a block, which readers don't see:

    <!-- test: edit sheets/items.xlsx Item 1001 구매가 60 -->    do what a person does in a spreadsheet
    <!-- test: sh rm -rf output -->                               do something on the side
    <!-- test: google -->                                         serve the spreadsheets from the emulator from here on
    <!-- test: exits 1 -->                                        the next block's last command ends with this code
    <!-- test: answers y -->                                      somebody sits at the keyboard and types this
    <!-- test: serves -->                                         the next block runs on in the background, from the
                                                                  line with its address on; or say another text
    <!-- test: not run: REASON -->                                the next block's commands and options must exist
    <!-- test: needs protoc g++ -->                               without these programs the rest of the page is skipped
    <!-- test: save main.cpp -->                                  the next block is the text of this file
    <!-- test: python -->                                         the next block is a program that runs
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PART = re.compile(
    r"^[ ]*<!-- test: (?P<marker>[^\n]*?) -->[ ]*$"
    r"|^(?P<indent>[ ]*)```(?P<language>\w+)\b[^\n]*\n(?P<code>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Marker:
    """One marker: its first word, and the rest."""

    verb: str
    rest: str
    line: int


@dataclass(frozen=True)
class Block:
    """One block: `sh` as it is typed, `console` with prompts and what comes out, or text in another language."""

    language: str
    code: str
    line: int

    @property
    def is_commands(self) -> bool:
        """Whether readers type it."""
        return self.language in ("sh", "console", "bat")

    def commands(self) -> list[tuple[str, list[str]]]:
        """Each command and the lines that it is said to write; an `sh` block is one command that is said nothing of."""
        if self.language != "console":
            return [(self.code, [])]
        found: list[tuple[str, list[str]]] = []
        for line in self.code.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif found:
                found[-1][1].append(line)
        return found


def parts_of(page: Path) -> Iterator[Marker | Block]:
    """The markers and blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for found in _PART.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["marker"] is not None:
            verb, _, rest = found["marker"].partition(" ")
            yield Marker(verb, rest.strip(), line)
        else:
            yield Block(found["language"], textwrap.dedent(found["code"]), line)


def plain(line: str) -> str:
    """A line without what differs from run to run: ids, times, the widths of columns."""
    line = re.sub(r"\d{8}-\d{6}-[0-9a-f]{8}|RELEASE", "RELEASE", line)
    line = re.sub(r"\b\d\d-\d\d \d\d:\d\d\b", "MM-DD HH:MM", line)
    line = re.sub(r"\b[0-9a-f]{8,64}\b", "HASH", line)
    line = re.sub(r"\b\d+\.\d+ s\b", "SECONDS", line)
    line = re.sub(r"\bjust now\b|\b\d+ minutes? ago\b", "AGE", line)
    line = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", line)
    line = re.sub(r"[─━╴╶]{3,}", "───", line)
    return " ".join(line.split())


def missing_lines(expected: list[str], output: str) -> list[str]:
    """The expected lines that `output` doesn't have, in their order; `…` stands for any lines."""
    lines = iter([plain(line) for line in output.splitlines()])
    wanted = [plain(line) for line in expected if line.strip() and line.strip() != "…"]
    return [line for line in wanted if line not in lines]
