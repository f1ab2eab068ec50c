"""sheets.yaml with things put in, taken out and doubled at random: it is read, or refused line by line."""

import random
from pathlib import Path

import pytest
from test_config_read import WHOLE

from gdata.configfile import load_config
from gdata.errors import ConfigError

PIECES = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "-",
    "&a",
    "*a",
    "!!int",
    "'",
    '"',
    "~",
    "null",
    "off",
    "1",
    "1.5",
    "${X}",
    "$",
    "#",
    "|",
    "?",
    "가",
    "<<:",
    "0x10",
    "2001-01-01",
    "..",
    "/",
    "CON",
    "%",
]
PIECES += [" ", "\n", "\t", "\x85", "- ", "? "]


def changed(text: str, source: random.Random) -> str:
    place, other = source.randrange(len(text)), source.randrange(len(text))
    match source.randrange(3):
        case 0:
            return text[:place] + source.choice(PIECES) + text[place:]
        case 1:
            return text[:place] + text[place + source.randrange(12) :]
        case _:
            return text[:place] + text[other : other + 20] + text[place:]


@pytest.mark.parametrize("seed", range(4))
def test_nothing_else_comes_of_it(tmp_path: Path, seed: int) -> None:
    (tmp_path / "protos").mkdir()
    source = random.Random(seed)
    for _ in range(100):
        text = WHOLE
        for _ in range(source.choice((1, 1, 2, 5))):
            text = changed(text, source)
        (tmp_path / "sheets.yaml").write_text(text, "utf-8")
        try:
            load_config(tmp_path / "sheets.yaml", {})
        except ConfigError as error:
            assert all(line.startswith(("sheets.yaml:", "    ")) for line in str(error).split("\n"))
