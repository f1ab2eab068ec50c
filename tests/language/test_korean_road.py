"""The whole road in Korean: what each command says, on a good day and on a bad one, has no English sentence in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gdata.cli.main import run
from gdata.language import SOURCE, use_language

ENGLISH = re.compile(r"\b[A-Za-z']+ [a-z']+ [a-z']+\b")
"""Three words in a row: names and the sheets' own texts have fewer."""
TYPED = re.compile(r"`[^`]*`|gdata \S.*$|--\S+ \S+", re.MULTILINE)
"""What is typed as it is, in any language."""
Say = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Say]:
    """Run a command that ends with `code`; what it said, which is held to be Korean."""
    monkeypatch.setenv("GDATA_LANG", "ko")
    monkeypatch.setenv("GDATA_AUTHOR", "하나")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)

    def say(*arguments: str, code: int = 0) -> str:
        ended = run(list(arguments))
        printed = capsys.readouterr()
        said = printed.out + printed.err
        assert ended == code, said
        found = ENGLISH.search(TYPED.sub("", said))
        assert found is None, f"{found and found[0]!r} of gdata {' '.join(arguments)}:\n{said}"
        return said

    yield say
    use_language(SOURCE, everywhere=True)


@pytest.fixture
def game(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project that `gdata init` starts, built."""
    say("init", "game")
    monkeypatch.chdir(tmp_path / "game")
    say("build")
    return tmp_path / "game"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_release_there_and_back(say: Say, game: Path) -> None:
    say("publish", "--yes", "-m", "첫 출시")
    edit(game / "sheets/Shop.csv", ",1003,5000", ",1003,50000")
    edit(game / "sheets/Item.csv", "Small Potion", "작은 물약")
    say("build")
    say("diff", "--exit-code", code=1)
    say("diff", "--format", "markdown")
    build = json.loads((game / "output/server/manifest.json").read_text("utf-8"))["build"]
    say("publish", "--channel", "live", "--yes", code=4)
    say("publish", "--channel", "live", "--yes", "--expect", build)
    say("publish", "--yes", "-m", "가격")
    say("promote", "dev", "staging", "--yes")
    assert "되돌림" not in say("releases")
    say("rollback", "--yes")
    assert "되돌림" in say("releases", "--channel", "dev")
    say("history", "ShopTable")
    say("history", "ShopTable", "new_year_sword", "price")
    say("verify")
    say("prune", "--dry-run")
    say("repair")
    say("fetch", "live", "--target", "server", "--into", "data")


def test_what_the_gate_says_no_to(say: Say, game: Path) -> None:
    say("publish", "--channel", "staging", "--yes")
    edit(game / "sheets/Shop.csv", ",1003,5000", ",1003,50000")
    edit(game / "sheets/Item.csv", "1001,Wooden Sword", "1009,Wooden Sword")
    say("build", "-q")
    say("diff", "staging", code=4)
    say("publish", "--channel", "staging", "--yes", code=4)
    say("publish", "--channel", "staging", "--yes", "--allow", "nope", "--reason", "실수", code=2)


def test_mistakes_of_sheets(say: Say, game: Path) -> None:
    edit(game / "sheets/Item.csv", "1002,Iron Sword,common,60", "1002,Iron Sword,comon,육십")
    edit(game / "sheets/Item.csv", "2002,", "2001,")
    edit(game / "sheets/Shop.csv", ",1003,5000", ",9999,5000")
    for format_ in ("text", "markdown", "github"):
        say("check", "--format", format_, code=1)
    say("build", code=1)
    say("diff")
    say("publish", "--yes", code=4)


def test_what_people_look_up(say: Say, game: Path) -> None:
    say("publish", "--yes")
    assert "설정" in say("doctor")
    say("versions")
    say("show")
    say("show", "ItemTable", "1002")
    say("show", "ItemTable", "1", code=2)
    say("show", "Itm", code=2)
    say("uses", "ItemTable", "1002")
    say("sheet", "ItemTable", "-o", "item.xlsx")
    say("codegen", "csharp", "--out", "code", "--target", "client")
    say("scaffold", "sheets", "--dry-run")
    say("keygen", "key")
    say("sign", "dev", "--key", "key", "--yes")


def test_scaffold_gives_its_reasons(say: Say, tmp_path: Path) -> None:
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets/Item.csv").write_text(
        "id,name,rarity,tags,cost,note\n" + "".join(f"{n},칼,{'상중하'[n % 3]},a;b,1001:{n},\n" for n in range(1, 13)),
        encoding="utf-8",
    )
    assert "확실함" in say("scaffold", "sheets", "--yes")


MISUSED = [
    ["buidl"],
    ["build", "--nope"],
    ["build", "--at", "x"],
    ["sheet", "ItemTable"],
    ["keygen"],
    ["history", "ItemTable", "--limit", "0"],
    ["-C", "/nope", "build"],
    ["--config", "nope.yaml", "build"],
    ["sign", "dev", "--key", "nope"],
    ["diff", "nowhere"],
    ["fetch", "dev", "--target", "nope", "--into", "data"],
    ["init", "."],
    ["publish", "--channel", "stagin", "--yes"],
]


def test_what_is_mistyped(say: Say, game: Path) -> None:
    say("publish", "--yes")
    for arguments in MISUSED:
        say(*arguments, code=2)


def test_settings_and_the_world_outside(say: Say, game: Path) -> None:
    edit(game / "sheets.yaml", "timezone: UTC", "timezone: Asia/Seol")
    edit(game / "sheets.yaml", "deny: removed_rows", "deny: removed_row")
    say("build", code=2)
    edit(game / "sheets.yaml", "Asia/Seol", "Asia/Seoul")
    edit(game / "sheets.yaml", "deny: removed_row", "deny: removed_rows")
    edit(
        game / "sheets.yaml",
        "path: sheets ",
        "url: https://docs.google.com/spreadsheets/d/1AbCdefghijklmnopqrstuvw/edit ",
    )
    say("login", code=3)
    say("build", "--offline", code=2)
    edit(game / "protos/game/item.proto", "string name = 2", "strng name = 2;\n  int32 twice = 1")
    say("build", code=2)
