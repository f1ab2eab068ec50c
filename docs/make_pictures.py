"""Take the docs' pictures anew: the sample game's terminal and its diff page, by headless Chromium.

    python docs/make_pictures.py

What each of them shows stands in pictures/shown.json as well: a test compares that with today's words, and where they
differ takes the pictures anew. Look at them before you commit. It needs Chromium and fonts for Korean.
"""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
GDATA = Path(sys.executable).with_name("gdata")
WIDTH = 104

LINE = 20
"""Pixels of a line of PAGE."""
PAGE = """<!doctype html><meta charset="utf-8"><style>
/* The font for Korean draws lines and arrows twice as wide as a terminal does. */
@font-face {{
  font-family: lines; src: local("DejaVu Sans Mono"); size-adjust: 83%; unicode-range: U+00B7, U+2026, U+2190-25FF
}}
body {{ margin: 0; background: {background}; color: {foreground}; overflow: hidden; }}
pre {{ margin: 14px 18px; font: 14px/20px lines, "Noto Sans Mono CJK KR", monospace; }}
a {{ color: inherit; }}
{stylesheet}</style><pre>{code}</pre>"""
# The bars that a terminal shows while gdata works, and takes away again.
BAR = re.compile(r"\b\d+/\d+\b.*\d:\d\d:\d\d\s*$|^\w+ing…$|^[가-힣 ]+ 중…$")


SHOWN = PICTURES / "shown.json"
PASSING = re.compile(
    r"\d{8}-\d{6}-[0-9a-f]{8}|\b[0-9a-f]{12}\b|\d+\.\d s\b|\d{4}-\d\d-\d\d( |T)\d\d:\d\d(:\d\d)?Z?"
    r"|just now|\d+ minutes? ago|방금|\d+분 전"
)
"""What is another one every time: ids, how long it took, and how long ago it was."""


def main() -> None:
    """Take all pictures, and write down what they show."""
    PICTURES.mkdir(exist_ok=True)
    shown = play(are_taken=True)
    SHOWN.write_text(json.dumps(shown, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def play(*, are_taken: bool) -> dict[str, str]:
    """Play a planner's day in a copy of the sample game; what the pictures of it show, by their names."""
    shown: dict[str, str] = {}

    def keep(name: str, page: Path, text: str, size: tuple[int, int], language: str = "en") -> None:
        shown[name] = PASSING.sub("…", text)
        if are_taken:
            keep_page(page, name, *size, language)

    with TemporaryDirectory() as scratch:
        game = Path(scratch, "game")
        game.mkdir()
        for name in ("protos", "sheets", "checks"):
            shutil.copytree(ROOT / name, game / name)
        shutil.copy(ROOT / "sheets.yaml", game)
        run(game, "build", "-q")
        run(game, "publish", "-q", "--yes")
        make_mistakes(game)
        keep(*terminal(game, "problems", "gdata build"))
        keep(*terminal(game, "problems-ko", "gdata build", LANGUAGE="ko"))
        for language in ("en", "ko"):
            page = game / "problems.html"
            page.write_text(run(game, "check", "--quiet", "--format", "html", "--lang", language), encoding="utf-8")
            keep(f"problems-page-{language}", page, words_of(page), (1180, 520))
        mend(game)
        run(game, "build", "-q")
        keep(*terminal(game, "diff", "gdata diff"))
        run(game, "diff", "--format", "html", "--output", "diff.html")
        for language in ("en", "ko"):
            page = game / "diff.html"
            keep(f"diff-page-{language}", page, words_of(page), (1180, 640), language)
    return shown


def words_of(page: Path) -> str:
    """A page's text, without what only a browser reads."""
    text = re.sub(r"<(style|script)\b.*?</\1>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def make_mistakes(game: Path) -> None:
    """Four slips of the finger."""
    edit(game, "1001", "상품.종류", "아이템템")
    edit(game, "1002", "상품.대상", "10O2")
    edit(game, "1003", "상점", "9")
    edit(game, "1004", "가격", "-5")


def mend(game: Path) -> None:
    """The slips mended, and three prices changed: one by more than the gate lets through."""
    shutil.copy(ROOT / "sheets/shop/ShopProduct.csv", game / "sheets/shop")
    edit(game, "1001", "가격", "300")
    edit(game, "1002", "가격", "1100")
    edit(game, "1003", "가격", "24000")
    edit(game, "1004", "@enabled", "FALSE")


def edit(game: Path, key: str, header: str, value: str) -> None:
    """Write a cell of the shop."""
    file = game / "sheets/shop/ShopProduct.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.reader(stream))
    (line,) = [line for line in lines if line[1] == key]
    line[lines[0].index(header)] = value
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)


def run(game: Path, *arguments: str, **environment: str) -> str:
    """What the command writes on a terminal with colours."""
    done = subprocess.run(
        [GDATA, *arguments],
        cwd=game,
        env={
            **os.environ,
            "LANGUAGE": "en",
            "COLUMNS": str(WIDTH),
            "FORCE_COLOR": "1",
            "TERM": "xterm-256color",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.stdout


def terminal(game: Path, name: str, command: str, **environment: str) -> tuple[str, Path, str, tuple[int, int]]:
    """The terminal after `command` as a page: the picture's name, the page, its text, its size."""
    text = Text.from_ansi(run(game, *command.split()[1:], **environment))
    lines = [line for line in text.split() if not BAR.search(line.plain)]
    while not lines[0].plain.strip():
        del lines[0]
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "dim"), (command, "bold")))
    console.print(Text("\n").join(lines))
    page = game / f"{name}.html"
    page.write_text(console.export_html(theme=SVG_EXPORT_THEME, code_format=PAGE), encoding="utf-8")
    return name, page, Text("\n").join(lines).plain, (WIDTH * 8, (len(lines) + 1) * LINE + 28)


def keep_page(page: Path, name: str, width: int, height: int, language: str = "en") -> None:
    """A page as Chromium shows it to a reader of `language`."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--accept-lang={language}"]
    picture = PICTURES / f"{name}.png"
    arguments = [*flags, f"--window-size={width},{height}", f"--screenshot={picture}", page.as_uri()]
    subprocess.run([str(program), *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    main()
