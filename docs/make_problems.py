"""Write docs/problems.md, and docs/ko/problems.md: every kind of problem, an example of its words, how to mend it.

    python docs/make_problems.py

Code and words come from gdata/kinds.py, and the catalogue of the language; only the examples are here. A test holds the
pages to both.
"""

from __future__ import annotations

import contextvars
from pathlib import Path
from string import Formatter
from typing import Any

from gdata import kinds
from gdata.language import counted, current_language, sentence, translated, use_language
from gdata.problems import Cell, Kind, Problem
from gdata.text import question

PAGE = Path(__file__).with_name("problems.md")

CELL = Cell("items", "Item", 14, 3)

DECOMPOSED = {"decomposed": "Item!A7", "letters": "포, 션"}

EXAMPLES: dict[str, dict[str, Any]] = {
    "sheet.missing": {"spreadsheet": "items", "title": "Item", "before": question("Items"), "line": 12},
    "sheet.unreadable": {
        "why": sentence(
            "{place}, line {line}: its text isn't {encoding}", place="sheets/Item.csv", line=3, encoding="utf-8"
        ),
        "then": sentence("save it as CSV UTF-8"),
    },
    "sheet.hidden": {"glob": "Item*"},
    "range.outside": {"range": "E:G", "line": 12},
    "range.cut": {"range": "A1:F40", "line": 12},
    "first_row.outside": {"row": 40, "line": 12},
    "header.unknown": {"value": "Prise", "tables": "ItemTable", "before": question("price")},
    "header.renamed": {"field": "price", "header": "구매가", "value": "가격"},
    "header.none": {"tables": "Item", "row": 1},
    "header.duplicate": {"field": "price"},
    "header.missing": {"field": "price", "header": "가격"},
    "header.gap": {"field": "rewards", "index": 2},
    "header.error": {"value": "#REF!"},
    "header.directive": {"value": "@enable", "before": question("@enabled")},
    "header.variant": {
        "value": "price@v1.4",
        "reason": sentence("{part} is no version from which it counts: write @{meant}+", part="v1.4", meant="1.4"),
    },
    "cell.not_version": {
        "field": "@since",
        "value": "v1.5",
        "instead": sentence("did you mean {meant}? Write numbers with dots between them", meant="1.5"),
    },
    "overlay.incomplete": {"field": "id", "value": "1001", "headers": "이름, 등급"},
    "overlay.no_row": {"field": "id", "value": "1001", "place": "Item!A2", "why": sentence("is switched off")},
    "version.never": {"field": "@until", "value": "1.5", "since": "1.5", "until": "1.5"},
    "version.nobody": {"version": "1.6"},
    "version.empty": {"version": "1.4"},
    "version.value": {"field": "kind", "value": "PET", "version": "1.5", "own": "1.4"},
    "tag.unknown": {"value": "price@jpn", "tag": "jpn", "known": "jp, kr", "near": "jp"},
    "header.path": {
        "value": "reward.itemid",
        "reason": "Reward has no field itemid",
        "before": question("item_id"),
    },
    "header.merged": {"value": "구매가", "place": "D1"},
    "header.blank": {"row": 1},
    "key.blank": {"field": "id"},
    "key.range": {"key": 1001, "own": "9000-9999", "owner": "Item", "range": "1000-1999"},
    "key.partial": {"field": "level"},
    "row.filled": {"field": "name"},
    "row.orphan": {},
    "row.extra_cells": {
        "value": "Welcome, traveller!",
        "row": 7,
        "count": 4,
        "width": 3,
        "number": "1000",
        "first": "Hello",
        "whole": "Hello, Welcome, traveller!",
        "sign": "#",
    },
    "row.note": {"value": "#bow", "start": "#"},
    "list.gap": {"field": "lv[2]", "count": 3},
    "tag.separator": {"field": "@tags", "value": "jp/kr", "corrected": "jp, kr"},
    "record.several": {"table": "Constants"},
    "oneof.case": {
        "value": "damag",
        "oneof": "effect",
        "case": "effect.@case",
        "choices": "damage, heal",
        "member": "heal",
        "count": 1,
        "before": question("damage"),
    },
    "oneof.several": {"members": "item_id, hero_id"},
    "cell.blank": {"field": "price", "part": "rewards[1].price", "choices": "일반, 희귀, 전설"},
    "cell.not_integer": {"value": "1,000", "instead": "write 1000"},
    "cell.out_of_range": {"value": "3000000000", "type": "int32", "low": "-2147483648", "high": "2147483647"},
    "cell.imprecise": {"value": "9007199254740993"},
    "cell.not_number": {"value": "50%", "instead": "write 0.5"},
    "cell.float_digits": {"value": "16777217", "stored": "16777216"},
    "cell.double_digits": {"value": "9007199254740993", "stored": "9007199254740992"},
    "cell.not_bool": {"value": "maybe"},
    "cell.not_enum": {
        "value": "희긔",
        "enum": "Rarity",
        "before": question("희귀"),
        "choices": "일반, 희귀, 전설",
    },
    "cell.not_color": {"value": "FF8800", "before": question("#FF8800")},
    "cell.color_digits": {"value": "112233", "color": "#112233"},
    "cell.not_time": {"value": "2026. 12. 31. 18:00", "instead": "write 2026-12-31 18:00:00"},
    "cell.time_nonexistent": {
        "value": "2026-03-29 02:30:00",
        "timezone": "Europe/Berlin",
        "earlier": "2026-03-29T01:30:00+01:00",
        "later": "2026-03-29T03:30:00+02:00",
    },
    "cell.time_ambiguous": {
        "value": "2026-10-25 02:30:00",
        "timezone": "Europe/Berlin",
        "earlier": "2026-10-25T02:30:00+02:00",
        "later": "2026-10-25T02:30:00+01:00",
    },
    "cell.not_duration": {"value": "90", "instead": "write it as 90s, 1h30m or 1:30:00"},
    "cell.not_base64": {"value": "hello!"},
    "cell.not_field_mask": {"value": "price,,name"},
    "cell.not_json": {"reason": "a comma is missing", "name": "itemid", "message": "Reward", "names": "item_id, count"},
    "cell.date": {"value": "2026-01-02", "field": "price", "type": "a number"},
    "cell.eaten": {"value": "2026-01-02"},
    "cell.formula_error": {"value": "#N/A"},
    "cell.loading": {},
    "cell.uncomputed": {"value": "=A1*2"},
    "cell.percent": {"percent": "100", "held": "1"},
    "cell.picture": {},
    "cell.empty_element": {"value": "1,,2", "separator": ","},
    "cell.separator": {"value": "1001，1002", "character": "，", "corrected": "1001,1002"},
    "cell.parts": {"field": "reward", "value": "1001", "count": 1, "expected": "item_id:count"},
    "cell.map_key": {"value": "str"},
    "text.formula": {"value": "=A3&B2"},
    "text.escaped": {"value": "불의_x000D_검", "escape": "_x000D_", "character": sentence("a line break")},
    "text.guarded": {"value": '="00123"', "corrected": "00123"},
    "text.error": {"value": "#n/a"},
    "text.rounded": {"value": "3.5103E+17"},
    "text.exponent": {"value": "1e+05", "corrected": 100000},
    "text.number": {"value": "7"},
    "text.control_character": {"character": "U+0007"},
    "text.broken": {"value": "\\ud83d"},
    "text.zero_width": {"character": "U+200B"},
    "text.replaced": {"value": "\ufffd약"},
    "text.blank_ends": {},
    "column.blank": {"field": "icon"},
    "constraint.*": {
        "code": "constraint.int64.gt",
        "field": "price",
        "value": "0",
        "text": "must be greater than 0",
        "rule_of": "game.Item.price",
        "members": "item_id, hero_id",
        "pattern": "^[0-9]+$",
        "example": "100",
        "example_cell": "Item!C13",
    },
    "constraint.failed": {"rule": "item.ratio", "reason": "divide by zero"},
    "constraint.table_failed": {"rule": "items.ids", "reason": "Iteration budget exceeded"},
    "key.duplicate": {"field": "id", "value": "1001", "count": 2, "key": "1001", "first": "Item!A2", **DECOMPOSED},
    "key.gone": {
        "table": "ItemTable",
        "field": "id",
        "value": "1101",
        "row": sentence("{key} ({title})", key="1101", title="낡은 전투 기록"),
        "key": "1101",
        "cells": counted("{count} cell refers to it", "{count} cells refer to it", 36),
    },
    "key.absent": {
        "table": "ItemTable",
        "field": "id",
        "value": "1101",
        "key": "1101",
        "cells": counted("{count} cell refers to it", "{count} cells refer to it", 36),
    },
    "constant.name": {"field": "code", "value": "긴 칼"},
    "constant.twice": {"field": "code", "value": "Sword", "count": 2, "first": "Item!B5"},
    "unique.duplicate": {"field": "order", "value": "3", "count": 2, "key": "3", "first": "Item!F5", **DECOMPOSED},
    "text.lookalike": {"value": "swоrd", "character": "о (U+043E)", "plain": "o", "instead": "sword"},
    "reference.missing": {
        "field": "reward.item_id",
        "value": "1020",
        "target": "ItemTable",
        "key": "id",
        "place": "Item!A:A",
        "overlay": "Item jp!A4",
        "character": "U+200B",
        "tags": "jp",
        "version": "1.5",
        "own": "1.4",
        "cells": counted("{count} cell refers to it", "{count} cells refer to it", 3),
        **DECOMPOSED,
    },
    "reference.no_sheet": {"field": "hero_id", "target": "HeroTable"},
    "sum.wrong": {
        "field": "rate",
        "group": "box = 3",
        "sum": "0.9",
        "expected": "1",
        "count": 4,
        "first": "Drop!D2",
        "last": "Drop!D5",
    },
    "sequence.broken": {"field": "level", "value": "5", "group": "hero = 2", "expected": 4, "start": 1, "step": 1},
    "path.missing": {
        "field": "icon",
        "value": "Sword",
        "path": "icons/Sword.png",
        "before": question("icons/sword.png"),
    },
    "path.outside": {"field": "icon", "value": "../x", "path": "icons/../../x.png"},
    "path.unchecked": {"reason": "asset_root isn't set"},
    "check.*": {
        "code": "check.sells_below_price",
        "field": "sell_price",
        "value": "9",
        "text": "sells for 9, bought for 5",
        "hint": "Nobody may earn by buying and selling.",
    },
    "check.failed": {
        "check": "sells_below_price",
        "reason": "division by zero",
        "place": "checks/economy.py:12 (ZeroDivisionError)",
    },
    "metric.*": {
        "code": "metric.income",
        "value": "2340",
        "text": "income 숲 is 2,340 gold/h, more than 2000",
        "hint": "An hour's gold buys one weapon of the player's tier.",
    },
}

HEAD = """# Problems

Every mistake that `gdata build` and `gdata check` can find in the sheets: its code, what it means, an example of its
words, and how to mend it. A code never changes; programs may rely on it (`--format json`).

An error stops the build, and nothing under `output/` changes. A warning doesn't; `--strict` makes every warning an
error, and `severity:` in sheets.yaml raises, lowers or mutes a code, for all tables or for one:

```yaml
severity:
  cell.float_digits: error
  ItemTable: {text.blank_ends: off}
```

This page is made by `python docs/make_problems.py`.
"""

HEADS = {
    "en": HEAD,
    "ko": """# 문제

`gdata build`와 `gdata check`가 시트에서 찾는 모든 실수입니다: 코드, 뜻, 문구의 예, 고치는 법. 코드는 바뀌지
않으므로 프로그램이 기대도 됩니다(`--format json`).

오류는 빌드를 멈추고, `output/` 아래는 아무것도 바뀌지 않습니다. 경고는 멈추지 않습니다. `--strict`는 모든 경고를
오류로 보고, sheets.yaml의 `severity:`는 코드를 모든 테이블이나 한 테이블에서 올리거나, 내리거나, 끕니다:

```yaml
severity:
  cell.float_digits: error
  ItemTable: {text.blank_ends: off}
```

이 쪽은 `python docs/make_problems.py`가 씁니다.
""",
}
"""What each language's page begins with."""


def all_kinds() -> list[Kind]:
    """Every kind, in the order of gdata/kinds.py."""
    return [kind for kind in vars(kinds).values() if isinstance(kind, Kind)]


def page(language: str = "en") -> str:
    """The page of a language. Several kinds with one code share a section."""

    def write() -> str:
        use_language(language)
        return HEADS[language] + _sections()

    return contextvars.copy_context().run(write)


def _sections() -> str:
    by_code: dict[str, list[Kind]] = {}
    for kind in all_kinds():
        by_code.setdefault(kind.code, []).append(kind)
    sections: dict[str, list[str]] = {}
    for code, same in by_code.items():
        sections.setdefault(code.partition(".")[0], []).append(_section(code, same))
    contents = "\n".join(f"- [{group}](#{group})" for group in sections)
    body = "\n".join(f"## {group}\n\n{''.join(texts)}" for group, texts in sections.items())
    return f"\n{contents}\n\n{body}".rstrip() + "\n"


def _section(code: str, same: list[Kind]) -> str:
    parts = [f"### {code}\n\n"]
    told: set[str] = set()
    for kind in same:
        about = "" if kind.about in told else f"{translated(kind.about)}\n\n"
        told.add(kind.about)
        problem = example(kind)
        parts.append(f"{about}> {problem.severity_word} · `{problem.cell}` · {_line(problem)}\n\n")
    return "".join(parts)


def example(kind: Kind) -> Problem:
    """A problem of this kind as it may be shown."""
    words = {name for text in (kind.message, kind.hint) for _, name, _, _ in Formatter().parse(text) if name}
    missing = words - {"field", "value", "table", *EXAMPLES.get(kind.code, ())}
    if missing or kind.code not in EXAMPLES:
        raise SystemExit(f"add an example of {kind.code} to EXAMPLES in {__file__}, with {sorted(missing)}")
    return kind.at(CELL, **EXAMPLES[kind.code])


def _line(problem: Problem) -> str:
    field = f"`{problem.field}`: " if problem.field and problem.field not in problem.message else ""
    text = problem.hint
    if current_language() == "en":
        text = text[:1].upper() + text[1:]
    hint = f"\n>\n> **{text}.**".replace("..**", ".**") if text else ""
    return f"{field}{problem.message}{hint}"


if __name__ == "__main__":
    for language in HEADS:
        (PAGE.parent / (language if language != "en" else "") / PAGE.name).write_text(page(language), encoding="utf-8")
