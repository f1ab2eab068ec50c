from __future__ import annotations

import ast
import contextvars
import string
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gdata import kinds, language
from gdata.problems import Cell, Kind

PACKAGE = Path(language.__file__).parent
TRANSLATED = [code for code in language.languages() if code != language.SOURCE]
FILLED = ("instead", "merged", "reason", "nearest", "fresh")


def in_language(code: str, run: Callable[[], str]) -> str:
    def speak() -> str:
        language.use_language(code)
        return run()

    return contextvars.copy_context().run(speak)


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def is_only_placeholders(template: str) -> bool:
    return not "".join(text for text, *_ in string.Formatter().parse(template)).strip()


def templates_of_kinds() -> Iterator[str]:
    for kind in vars(kinds).values():
        if isinstance(kind, Kind):
            yield from (text for text in (kind.message, kind.hint) if not is_only_placeholders(text))


def texts_in_code() -> Iterator[str]:
    """What the code gives to translate(), and the sentences that it fills into problems."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            given = node.args if called == "translate" else [one.value for one in node.keywords if one.arg in FILLED]
            yield from (text for value in given for text in _sentences(value))


def _sentences(value: ast.expr) -> Iterator[str]:
    """The sentences in an expression, with 1 for what is filled into them."""
    if isinstance(value, ast.IfExp):
        yield from (text for one in (value.body, value.orelse) for text in _sentences(one))
    parts = value.values if isinstance(value, ast.JoinedStr) else [value]
    if all(isinstance(one, (ast.Constant, ast.FormattedValue)) for one in parts):
        text = "".join(str(one.value) if isinstance(one, ast.Constant) else "1" for one in parts)
        if " " in text.strip():
            yield text


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated(code: str) -> None:
    texts = language.read_catalogue(code).texts
    assert [text for text in templates_of_kinds() if text not in texts] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_text_in_the_code_is_translated(code: str) -> None:
    def missing() -> str:
        return "\n".join(text for text in texts_in_code() if language.translate_filled(text) == text)

    assert in_language(code, missing) == ""


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_parts_of_its_template(code: str) -> None:
    for text, translated in language.read_catalogue(code).texts.items():
        assert placeholders(translated) == placeholders(text), text


def test_a_problem_speaks_the_language_in_use() -> None:
    problem = kinds.CELL_NOT_INTEGER.at(
        Cell("items", "Item", 2, 3), field="price", value="1,000", instead="write it without separators: 1000"
    )
    assert problem.message == "1,000 is not a whole number"
    assert in_language("ko", lambda: problem.message) == "1,000은(는) 정수가 아닙니다"
    assert in_language("ko", lambda: problem.hint) == "쉼표 없이 쓰세요: 1000"
    assert in_language("ko", lambda: str(problem.as_json()["code"])) == "cell.not_integer"


def test_what_a_catalogue_lacks_stays_english() -> None:
    assert in_language("ko", lambda: language.translate("no such {text}")) == "no such {text}"
    assert in_language("ko", lambda: language.translate_filled("no such text")) == "no such text"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ko_KR"}, "ko"),
        ({"LANGUAGE": "ko:en", "LANG": "en_US"}, "ko"),
        ({"LANG": "ja_JP.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({}, "en"),
    ],
)
def test_the_system_s_language(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language.system_language() == expected
