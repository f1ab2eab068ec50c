"""Every command that the docs tell people to type works, in a copy of the sample game, and writes what they show."""

from __future__ import annotations

import ast
import csv
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
import yaml
from command_line import GDATA, ROOT, quick_gdata, run_gdata
from doc_blocks import Block, Marker, missing_lines, parts_of
from waiting import LONGEST, free_ports, until

from gdata.testing.google import GoogleEmulator
from gdata.testing.google.folders import import_folder, spreadsheet_id

DOCS = ROOT / "docs"
PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if any(isinstance(part, Block) and part.is_commands for part in parts_of(page))
]
GIVEN = ("cd gdata", "python3 -m venv", "pip install", ".venv/bin/pip", "source .venv")
"""Commands that set up what the test has already."""


FOUND = {
    "BUILD": r"""$(sed -n 's/^ *"build": "\(........\).*/\1/p' output/server/manifest.json)""",
    "RELEASE": "$(ls -tr releases/releases | sed -n '1s/[.]json$//p')",
}
"""What readers put in place of these words: the build in `output/`, the oldest release."""
ENGLISH = {"LANGUAGE": "en", "LC_ALL": "C.UTF-8"}


class Reader:
    """Somebody who does what a page says, from top to bottom, in a copy of the sample game."""

    def __init__(self, game: Path) -> None:
        self.game = game
        self.google: GoogleEmulator | None = None
        self.background: list[subprocess.Popen[bytes]] = []
        self.forget()
        (self.port,) = free_ports(1)
        self.quick = game.parent / "quick"
        self.quick.mkdir()
        quick_gdata(self.quick)

    def follow(self, part: Marker | Block) -> None:
        if isinstance(part, Marker):
            self.obey(part)
            return
        if self.file:
            (self.game / self.file).write_text(part.code, encoding="utf-8")
        elif self.is_program:
            self.run(f"{shlex.quote(sys.executable)} - <<'PROGRAM'\n{part.code}\nPROGRAM", "", 0)
        elif not part.is_commands:
            return
        elif self.skips or part.language == "bat":
            exists(part.code)
        elif self.serves:
            for command, expected in part.commands():
                self.start(command, expected)
        else:
            self.type(part)
        self.forget()

    def forget(self) -> None:
        """What a marker says is of the next block alone."""
        self.code, self.answers, self.serves, self.skips, self.file, self.is_program = 0, "", "", "", "", False

    def obey(self, marker: Marker) -> None:
        match marker.verb:
            case "edit":
                edit(self.game, *shlex.split(marker.rest))
            case "sh":
                self.run(marker.rest, "", 0)
            case "google":
                self.google = serve(self.game)
            case "exits":
                self.code = int(marker.rest)
            case "answers":
                self.answers = marker.rest
            case "serves":
                self.serves = marker.rest or "127.0.0.1:"
            case "save":
                self.file = marker.rest
            case "python":
                self.is_program = True
            case "needs":
                need(marker.rest.split())
            case "not" if marker.rest.startswith("run: "):
                self.skips = marker.rest
            case _:
                pytest.fail(f"line {marker.line}: no marker is called {marker.verb}")

    def type(self, block: Block) -> None:
        commands = block.commands()
        assert commands, f"line {block.line}: no line starts with `$ `"
        for number, (command, expected) in enumerate(commands, 1):
            output = self.run(command, self.answers, self.code if number == len(commands) else 0)
            missing = missing_lines(expected, output)
            assert not missing, f"line {block.line}: $ {command}\ndidn't write\n{missing[0]}\nbut\n{output}"

    def run(self, command: str, answers: str, code: int) -> str:
        command = self.filled(command)
        keyboard, stdin = pty.openpty() if answers else (None, subprocess.DEVNULL)
        if keyboard is not None:
            os.write(keyboard, f"{answers}\n".encode())
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.game,
            env=self.environment(self.quick),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == code, f"$ {command}\nexit {done.returncode}, not {code}\n{done.stdout}"
        # A terminal shows what is typed after the question.
        return done.stdout.replace("[y/N]: ", f"[y/N]: {answers}\n")

    def start(self, command: str, expected: list[str]) -> None:
        log = self.game / f"background-{len(self.background)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {self.filled(command)}"],
                cwd=self.game,
                env=self.environment() | {"PYTHONUNBUFFERED": "1"},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.background.append(process)

        def serves() -> bool:
            text = log.read_text(encoding="utf-8", errors="replace")
            assert self.serves in text or process.poll() is None, f"{command}\n{text}"
            return self.serves in text

        until(serves, lambda: f"{command}\n{log.read_text(encoding='utf-8')}")
        assert not missing_lines(expected, log.read_text(encoding="utf-8")), log.read_text(encoding="utf-8")

    def filled(self, command: str) -> str:
        """The command as a reader types it here and now."""
        command = "\n".join(line for line in command.splitlines() if not line.startswith(GIVEN))
        # Another test, or a person, may hold the ports that the docs use.
        command = command.replace("gdata.testing.google sheets/", "gdata.testing.google sheets/ --port 0")
        command = command.replace("server.py releases", f"server.py releases --port {self.port}")
        command = command.replace("localhost:8000", f"localhost:{self.port}")
        return re.sub(r"\b(BUILD|RELEASE)\b", lambda found: FOUND[found[0]], command)

    def environment(self, *first: Path) -> dict[str, str]:
        home = self.game.parent / "home"
        home.mkdir(exist_ok=True)
        path = os.pathsep.join([*map(str, first), str(GDATA.parent), os.environ["PATH"]])
        return {**os.environ, "PATH": path, "HOME": str(home), "COLUMNS": "110", "GDATA_AUTHOR": "minji", **ENGLISH}

    def leave(self) -> None:
        for process in self.background:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(LONGEST)
        if self.google is not None:
            self.google.__exit__(None, None, None)


@pytest.fixture
def reader(game: Path) -> Reader:
    (game / "examples").symlink_to(ROOT / "examples")
    return Reader(game)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_what_a_page_tells_to_type_works(page: Path, reader: Reader) -> None:
    try:
        for part in parts_of(page):
            reader.follow(part)
    finally:
        reader.leave()


def need(programs: list[str]) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI must have {', '.join(missing)}: .ci/run installs them")
    if missing:
        pytest.skip(f"the rest of the page needs {', '.join(missing)}")


def exists(code: str) -> None:
    """Every `gdata` command in a block that isn't run is one, and has the options that it is given."""
    for command in re.findall(r"(?:^|[&|;(=$] ?|run: )gdata ([^\n|&;)]+)", code.replace("\\\n", " "), re.MULTILINE):
        name, *words = shlex.split(command, comments=True)
        known = run_gdata(name, "--help", cwd=ROOT).out
        for option in (word.partition("=")[0] for word in words if word.startswith("--")):
            assert option in known, f"gdata {name} has no {option}"


def edit(game: Path, path: str, sheet: str, row: str, header: str, value: str) -> None:
    """Write a cell as a planner does: in the row that has `row` in its key column, under `header`."""
    if path.endswith(".xlsx"):
        edit_workbook(game / path, sheet, row, header, value)
        return
    file = game / path / f"{sheet}.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.reader(stream))
    column, key = lines[0].index(header), lines[0].index("번호")
    (line,) = [line for line in lines[1:] if line[key] == row]
    line[column] = value
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)


def edit_workbook(path: Path, title: str, row: str, header: str, value: str) -> None:
    workbook = openpyxl.load_workbook(path)
    sheet = workbook[title]
    columns = {cell.value: cell.column for cell in sheet[1]}
    (line,) = [one[0].row for one in sheet.iter_rows(min_row=2) if str(one[columns["번호"] - 1].value) == row]
    sheet.cell(line, columns[header]).value = int(value) if value.isdecimal() else value
    workbook.save(path)


def serve(game: Path) -> GoogleEmulator:
    """Serve the sheets as Google would, and have sheets.yaml read them there."""
    google = GoogleEmulator(import_folder(game / "sheets"))
    google.__enter__()
    text = (game / "sheets.yaml").read_text(encoding="utf-8")

    def id_line(found: re.Match[str]) -> str:
        return f"{found[1]}id: {spreadsheet_id(game / found[2], game / 'sheets')}"

    text = re.sub(r"(?m)^( +)path: (\S+).*$", id_line, text)
    text += f"\ngoogle:\n  credentials: {google.key_file}\n  endpoint: {google.endpoint}\n"
    (game / "sheets.yaml").write_text(text, encoding="utf-8")
    return google


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_text_in_other_languages_can_be_read(page: Path) -> None:
    for part in parts_of(page):
        if not isinstance(part, Block) or "--8<--" in part.code:
            continue
        match part.language:
            case "python":
                compile(part.code, f"{page}:{part.line}", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            case "yaml":
                yaml.safe_load(part.code)
            case "json":
                json.loads(part.code)


def test_blocks_are_found_where_they_stand(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('<!-- test: exits 1 -->\n```console\n$ a\nb\n$ c\n```\n\n=== "tab"\n\n    ```sh\n    d\n    ```\n')
    marker, console, block = parts_of(page)
    assert marker == Marker("exits", "1", 1)
    assert isinstance(console, Block) and console.commands() == [("a", ["b"]), ("c", [])]
    assert block == Block("sh", "d\n", 10)
    assert missing_lines(["a 1.2 s", "…", "c"], "x\na   0.1 s\nb\nc") == []
    assert missing_lines(["c", "a"], "a\nc") == ["a"]
