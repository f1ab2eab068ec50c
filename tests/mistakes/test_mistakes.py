"""Every mistake of the corpus is found: at its cell, with its code, and nothing else is said; what is clean passes.

The sample game is opened once; each mistake is made in its files, checked as `gdata check` does, and undone.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from command_line import run_gdata
from corpus import Mistake, read_corpus
from mistaken_game import MistakenGame, in_language, text_of

from gdata.errors import SourceError
from gdata.problems import Problem

CORPUS = read_corpus()
MISTAKES = [one for one in CORPUS if not one.is_clean]
LET_THROUGH = [one for one in CORPUS if one.theme == "let_through"]

_INTERNALS = re.compile(
    r"Traceback|Error\b|Exception|None\b|line \d+ column|<class|0x|object at|u?int(32|64)|Expecting"
)
"""What a planner should never read: Python's and protobuf's own words."""
_HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="session")
def mistaken_game(tmp_path_factory: pytest.TempPathFactory) -> MistakenGame:
    return MistakenGame(tmp_path_factory.mktemp("mistakes"))


def _name(mistake: Mistake) -> str:
    return f"{mistake.theme}: {mistake.name}"


@pytest.mark.parametrize("mistake", CORPUS, ids=_name)
def test_mistake(mistake: Mistake, mistaken_game: MistakenGame) -> None:
    with mistaken_game.with_edits(mistake) as game:
        if mistake.refused:
            with pytest.raises(SourceError) as raised:
                game.check()
            assert mistake.refused in f"{raised.value} → {raised.value.hint}"
            return
        problems = game.check()
    _compare(problems, mistake)
    for problem in problems:
        _read_as_a_planner(problem)


def _compare(problems: list[Problem], mistake: Mistake) -> None:
    shown = "\n".join(f"{text_of(one)}: {one.message} → {one.hint}" for one in problems)
    assert [text_of(one) for one in problems] == [text.partition(" ⊃ ")[0] for text in mistake.found], shown
    for problem, text in zip(problems, mistake.found, strict=True):
        assert text.partition(" ⊃ ")[2] in f"{problem.message} → {problem.hint}", shown


def _read_as_a_planner(problem: Problem) -> None:
    """In both languages there is a sentence and what to do, in plain words."""
    written_by_the_team = problem.code.startswith("check.")
    english = problem.message, problem.hint
    assert all(english)
    korean = in_language("ko", lambda: (problem.message, problem.hint))
    for text in (*english, *korean):
        assert not _INTERNALS.search(text.replace(problem.value or " ", "")), text
    assert written_by_the_team or all(map(_HANGUL.search, korean)), korean


def test_figures() -> None:
    """What the corpus holds: mistakes by theme, and how many of them nobody finds."""
    missed = [one for one in MISTAKES if one.missed]
    themes = Counter(one.theme for one in MISTAKES)
    print(
        f"\n{len(MISTAKES)} mistakes, {len(MISTAKES) - len(missed)} caught; {len(CORPUS) - len(MISTAKES)} clean edits"
    )
    print(", ".join(f"{theme} {count}" for theme, count in themes.items()))
    forms = sum(_count_cells(edit) for one in CORPUS if one.is_clean for _, edit in one.edits)
    print(f"{forms} cells in clean edits, some of them all the way down a column")
    assert forms >= len(MISTAKES)
    assert len(MISTAKES) >= 200
    assert len(missed) <= len(MISTAKES) * 0.03
    assert len({_name(one) for one in CORPUS}) == len(CORPUS)


def _count_cells(edit: Any) -> int:
    """The cells that an edit writes."""
    if isinstance(edit, Mapping):
        return sum(map(_count_cells, edit.values()))
    return sum(map(_count_cells, edit)) if isinstance(edit, list) else int(edit not in (None, ""))


def test_all_at_once_through_the_command(built_game: Path) -> None:
    """All that other tools let through: each is told, the exit code is 1, and what was built before stays."""
    before = _contents(built_game / "output")
    for mistake in LET_THROUGH:
        MistakenGame.edit(built_game, mistake)
    ran = run_gdata("build", "--format", "json", cwd=built_game, code=1)
    found = {f"{one['severity']} {one['code']} {one['sheet']}!{one['cell']}" for one in ran.json["problems"]}
    wanted = {text.split(" ⊃ ")[0].split(" ~")[0] for mistake in LET_THROUGH for text in mistake.found}
    assert found == wanted
    assert _contents(built_game / "output") == before
    run_gdata("check", cwd=built_game, code=1)


def test_a_table_taken_out_leaves_no_file(built_game: Path) -> None:
    assert list((built_game / "output" / "server").glob("MailTable-*"))
    config = built_game / "sheets.yaml"
    text = config.read_text("utf-8")
    assert text.count("      Mail: game.MailTable\n") == 1
    config.write_text(text.replace("      Mail: game.MailTable\n", ""), "utf-8")
    for _ in range(2):  # A reader of the last bundle keeps its files until the next one.
        run_gdata("build", cwd=built_game)
        (built_game / "sheets" / "system" / "Currency.csv").write_text(
            (built_game / "sheets" / "system" / "Currency.csv").read_text("utf-8-sig").replace("99999,", "99998,"),
            "utf-8",
        )
    assert not list((built_game / "output" / "server").glob("MailTable-*"))


def test_the_cache_says_what_a_first_check_says(mistaken_game: MistakenGame) -> None:
    mistake = next(one for one in LET_THROUGH if "five errors" in one.name)
    with mistaken_game.with_edits(mistake) as game:
        known = game.check()
        shutil.rmtree(game.folder / ".gdata" / "cache")
        assert game.check() == known


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
