from __future__ import annotations

import ast
import contextvars
import functools
import re
import string
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from gdata import errors, kinds, language
from gdata.cli.everywhere import texts_of
from gdata.cli.main import COMMANDS, ROLES, cli, command_of
from gdata.language import counted, fill, sentence
from gdata.problems import Cell, Kind

PACKAGE = Path(language.__file__).parent
TRANSLATED = [code for code in language.languages() if code != language.SOURCE]
REVIEWED = [code for code in TRANSLATED if language.is_reviewed(code)]
"""The others have the words of problems alone, until somebody who speaks the language has read them."""
CALLS = {"sentence": 1, "say": 1, "counted": 2, "say_counted": 2}
"""The functions that take templates, and how many of them come first."""
PARTICLES = re.compile(r"\w[은는이가을를과와]\([은는이가을를과와]\)|\(으\)로|\(이\)")


def in_language(code: str, run: Callable[[], str]) -> str:
    def speak() -> str:
        language.use_language(code)
        return run()

    return contextvars.copy_context().run(speak)


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def has_words(template: str) -> bool:
    return any(re.search(r"\w", text) for text, *_ in string.Formatter().parse(template))


def templates_of_kinds() -> Iterator[str]:
    for kind in vars(kinds).values():
        if isinstance(kind, Kind):
            yield from (kind.message, kind.hint, kind.about)


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def templates_in_code() -> Iterator[str]:
    """Every template that the code gives to `sentence`, `say` and their kin; plural forms joined as gettext does."""
    for path in PACKAGE.rglob("*.py"):
        if path == Path(language.__file__):
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                templates = node.args[: CALLS[node.func.id]]
                written = [one.value for one in templates if isinstance(one, ast.Constant)]
                place = f"{path.name}:{node.lineno}"
                assert len(written) == len(templates), f"{place}: write the template in the call"
                given = {one.arg for one in node.keywords if one.arg} | ({"count"} if len(templates) == 2 else set())
                asked = {name for one in written for name in placeholders(str(one))}
                assert given <= asked, f"{place}: {given - asked} isn't in the template"
                assert given == asked or not node.func.id.startswith("say"), f"{place}: {asked - given} isn't given"
                yield "\0".join(map(str, written))


def texts_of_help() -> Iterator[str]:
    """What `gdata --help` says of each command, and each command of itself."""
    yield from (*COMMANDS.values(), *ROLES, *texts_of(cli))
    for name in COMMANDS:
        yield from texts_of(command_of(name))


@functools.cache
def texts() -> Sequence[str]:
    return list(dict.fromkeys((*templates_of_kinds(), *templates_in_code(), *texts_of_help())))


THINGS = (
    "rows cells tables sheets columns fields releases files bytes entries mistakes faults values spreadsheets blobs "
    "leftovers characters elements headers references keys enums texts targets groups problems changes stores tags"
)
NEVER_ONE = (
    "{count} rows have", "in {count} cells", "{count} rows, and a constant", "{count} cells go", "rows changed",
    "over {rows}", "swapped in {rows}", "under {width}", "new, {rows}", "gone, {rows}", "in all {rows}",
    "in {rows} rows", "{columns} columns", "{most} bytes", "{at_most} bytes", "{size} bytes", "would have {count}",
    "more than {count} tags", "{count} fields (", "gives {count}", "of {whole_files}", "counts {counted}",
    "{stores} stores", "{open_titles}", "= 1; }}", "{suffix} files'",
)  # fmt: skip
"""Of what these count there are several, or it isn't counted."""


def test_one_thing_is_told_as_one() -> None:
    """A template that counts has a form for one: 1 file, 2 files."""
    counting = re.compile(rf"\{{[a-z_]+\}} (?:more |different |older )?({'|'.join(THINGS.split())})\b")
    wrong = [one for one in texts() if "\0" not in one and counting.search(one)]
    assert [one for one in wrong if not any(part in one for part in NEVER_ONE) and one != "{count} rows"] == []


@pytest.mark.parametrize("code", sorted(set(TRANSLATED) - set(REVIEWED)))
def test_an_unreviewed_catalogue_has_the_words_of_problems(code: str) -> None:
    known = language.read_po(language.po_file(code))
    kinds_of = [one for one in vars(kinds).values() if isinstance(one, Kind)]
    missing = {text for one in kinds_of for text in (one.message, one.hint) if has_words(text) and text not in known}
    assert len(missing) <= len(known) / 20, missing  # a new kind needn't wait for who speaks every language


@pytest.mark.parametrize("code", REVIEWED)
def test_every_text_is_translated(code: str) -> None:
    known = language.read_po(language.po_file(code))
    missing = [text for text in texts() if has_words(text) and text not in known]
    assert not missing, f"add to {language.po_file(code).relative_to(PACKAGE)}: " + "\n".join(missing)


UNTRANSLATED = ("testing",)
"""Rooms whose readers are a programmer's tests."""


def calls(*, early: bool = False) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function by its name, with its place; `early`: only those made when a module is imported."""
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] in UNTRANSLATED:
            continue
        tree = tree_of(path)
        functions = [node for node in ast.walk(tree) if early and isinstance(node, ast.FunctionDef | ast.Lambda)]
        late = {id(one) for node in functions for one in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and id(node) not in late:
                yield f"{path.name}:{node.lineno}", node


def is_bare_text(node: ast.expr) -> bool:
    """Whether words for people stand there that no catalogue can know of."""
    if isinstance(node, ast.IfExp):
        return is_bare_text(node.body) or is_bare_text(node.orelse)
    pieces = [node] if isinstance(node, ast.Constant) else node.values if isinstance(node, ast.JoinedStr) else []
    return any(isinstance(one, ast.Constant) and re.search(r"[a-z]{2,}", str(one.value)) for one in pieces)


def test_what_an_error_says_is_a_sentence() -> None:
    classes = {one.__name__ for one in vars(errors).values() if isinstance(one, type)}
    for place, call in calls():
        if call.func.id in classes:  # type: ignore[attr-defined]
            said = [*call.args[:1], *(one.value for one in call.keywords if one.arg == "hint")]
            assert not any(map(is_bare_text, said)), f"{place}: write sentence(…), so that it can be translated"


def test_nothing_is_said_before_the_language_is_known() -> None:
    for place, call in calls(early=True):
        assert not call.func.id.startswith("say"), f"{place}: write sentence(…), which waits"  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_translation_is_left_over(code: str) -> None:
    assert set(language.read_po(language.po_file(code))) - {"", *texts()} == set()


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_text_is_translated_twice(code: str) -> None:
    ids = re.findall(r'^msgid "(.+)"$', language.po_file(code).read_text("utf-8"), re.MULTILINE)
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_parts_of_its_template(code: str) -> None:
    for text, translated in language.read_po(language.po_file(code)).items():
        if text:
            assert placeholders(translated) == placeholders(text), text


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_header_of_a_catalogue_says_what_it_is(code: str) -> None:
    info = language.read_catalogue(code).info()
    assert info["language"] == code
    assert "plural-forms" in info


def test_korean_particles_stand_right_after_what_decides_them() -> None:
    for text, translated in language.read_po(language.po_file("ko")).items():
        filled = fill(translated, dict.fromkeys(placeholders(translated), "값")) if text else ""
        assert not PARTICLES.search(filled), translated


def test_one_word_for_one_thing_in_korean() -> None:
    for text, translated in language.read_po(language.po_file("ko")).items():
        if "header" in text and "HTTP" not in text:
            assert "제목" not in translated, translated
        if "line" not in text:
            assert not re.search("(번째|그|이|윗|새) 줄", translated), translated  # of a file; a sheet has 행 and 열


def test_a_problem_speaks_the_language_in_use() -> None:
    problem = kinds.CELL_NOT_INTEGER.at(
        Cell("items", "Item", 2, 3),
        field="price",
        value="1,000",
        instead=sentence("write it without separators: {text}", text="1000"),
    )
    assert problem.message == "1,000 is not a whole number"
    assert in_language("ko", lambda: problem.message) == "1,000은 정수가 아닙니다"
    assert in_language("ko", lambda: problem.hint) == "쉼표 없이 쓰세요: 1000"
    assert in_language("ko", lambda: str(problem.as_json()["code"])) == "cell.not_integer"


def test_a_sentence_leads_the_hint_and_another_follows_it() -> None:
    problem = kinds.HEADER_UNKNOWN.at(
        Cell("items", "Item", 1, 3),
        value="prise",
        tables="Item",
        before=sentence("did you mean {near}?", near="price"),
        after=sentence("there is no such day; write it as 2026-12-31 18:00:00"),
    )
    assert problem.hint.startswith("did you mean price? If it is only a note, start it with #. There is no such day")
    assert in_language("ko", lambda: problem.hint).startswith("혹시 price인가요? 메모일 뿐이라면")


def test_data_is_filled_in_as_it_is() -> None:
    told = sentence("{owner} has no field {name}", owner="text", name="{owner} 은(는)")
    assert str(told) == "text has no field {owner} 은(는)"
    assert in_language("ko", lambda: str(told)) == "text에 {owner} 은(는) 필드가 없습니다"


def test_a_sentence_in_a_sentence_is_translated_too() -> None:
    told = sentence("{name} was added", name=sentence("row {number}", number=7))
    assert (str(told), told.english) == ("row 7 was added", "row 7 was added")
    assert in_language("ko", lambda: f"{told} {told.english}") == "7행이 추가되었습니다 row 7 was added"


@pytest.mark.parametrize(
    ("count", "english", "korean"),
    [(1, "1 row added", "추가된 행 1개"), (1234, "1,234 rows added", "추가된 행 1,234개")],
)
def test_what_counts_has_plural_forms(count: int, english: str, korean: str) -> None:
    told = counted("{count} row added", "{count} rows added", count)
    assert str(told) == english
    assert in_language("ko", lambda: str(told)) == korean


def test_what_a_catalogue_lacks_stays_english() -> None:
    assert in_language("ko", lambda: str(sentence("no such {text}", text=1))) == "no such 1"
    assert in_language("ko", lambda: str(counted("{count} foo", "{count} foos", 2))) == "2 foos"


def test_a_sentence_comes_back_from_json() -> None:
    told = sentence("{name} was added", name=sentence("row {number}", number=7))
    assert language.Sentence.from_json(told.as_json()) == told
    several = counted("{count} cell", "{count} cells", 3)
    assert language.Sentence.from_json(several.as_json()) == several


@pytest.mark.parametrize(
    ("template", "word", "expected"),
    [
        ("{x}은(는)", "가격", "가격은"),
        ("{x}은(는)", "종류", "종류는"),
        ("{x}이(가)", "1001", "1001이"),
        ("{x}이(가)", "1002", "1002가"),
        ("{x}을(를)", "1,000", "1,000을"),
        ("{x}을(를)", "0.5", "0.5를"),
        ("{x}과(와)", "50%", "50%와"),
        ("{x}(으)로", "서울", "서울로"),
        ("{x}(으)로", "부산", "부산으로"),
        ("{x}(으)로", "3", "3으로"),
        ("{x}(으)로", "8", "8로"),
        ("{x}이어야(여야) 합니다", "4", "4여야 합니다"),
        ("{x}이어야(여야) 합니다", "6", "6이어야 합니다"),
        ("{x}은(는)", "rewards[1]", "rewards[1]은"),
        ("{x}은(는)", "stats[str]", "stats[str]는"),
        ("'{x}'은(는)", "검", "'검'은"),
        ("{x}은(는)", "price", "price는"),
        ("{x}은(는)", "item_id", "item_id는"),
        ("{x}은(는)", "item", "item은"),
        ("{x}은(는)", "name", "name은"),
        ("{x}은(는)", "level", "level은"),
        ("{x}(으)로", "level", "level로"),
        ("{x}(으)로", "item", "item으로"),
        ("{x}은(는)", "ItemTable", "ItemTable은"),
        ("{x}은(는)", "group", "group은"),
        ("{x}은(는)", "HP", "HP는"),
        ("{x}은(는)", "MMR", "MMR은"),
        ("{x}은(는)", "#REF!", "#REF!는"),
        ("{x}은(는)", "剣", "剣은(는)"),
        ("{x}은(는)", "", "은(는)"),
        ("{x}은(는)", "값은(는)", "값은(는)은"),
    ],
)
def test_a_korean_particle_fits_what_it_follows(template: str, word: str, expected: str) -> None:
    assert fill(template, {"x": word}) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ko_KR"}, "ko"),
        ({"LANGUAGE": "ko:en", "LANG": "en_US"}, "ko"),
        ({"LANG": "ja_JP.UTF-8"}, "en"),  # nobody reviewed it yet
        ({"LANG": "ja_JP.UTF-8", "GDATA_LANG": "ko"}, "ko"),
        ({"LANG": "C"}, "en"),
        ({}, "en"),
    ],
)
def test_the_system_s_language(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str) -> None:
    for name in ("GDATA_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language.system_language() == expected
