import contextvars
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from diffcases import PROTO, diff_of, side
from rich.cells import cell_len
from rich.console import Console

from gdata import language
from gdata.config import Gate, GateRule
from gdata.diffs.compare import compare
from gdata.diffs.gate import judge
from gdata.diffs.metrics import MetricDiff
from gdata.diffs.model import Diff, Side
from gdata.diffs.presentation import presentation_of
from gdata.diffs.renderers.html import to_html
from gdata.diffs.renderers.markdown import to_markdown
from gdata.diffs.renderers.text import render_text
from gdata.testing.bundles import Contents, compile_protos, memory_output

OPEN = Gate()
OLD = [{"id": n, "name": f"오래된 전설의 검 {n}", "price": 100 + n} for n in range(1, 60)]
NEW = [{**row, "price": row["price"] * 10} for row in OLD[2:]] + [{"id": 99, "name": "새로운 방패", "grade": 1}]


def printed(diff: Diff, *, width: int = 80, color: bool = False, gate: Gate = OPEN, **options: Any) -> str:
    page = StringIO()
    console = Console(file=page, width=width, force_terminal=color, color_system="truecolor" if color else None)
    words = presentation_of(compile_protos(PROTO), "Asia/Seoul")
    render_text(console, diff, judge(diff, gate), presentation=words, **options)
    return page.getvalue()


def lines_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_old_and_new_stand_side_by_side() -> None:
    text = lines_of(printed(diff_of({"ItemTable": OLD}, {"ItemTable": NEW})))
    assert text[0].startswith("old (build ") and " → new (build " in text[0]
    assert text[1:2] == ["1 table changed · 1 row added · 2 rows removed · 57 rows changed · 57 cells"]
    assert "ItemTable 1 2 57 57" in text
    assert "가격: 57 rows changed, all × 10" in text
    assert "~ 3 오래된 전설의 검 3 가격 103 1030 × 10" in text
    assert "… and 37 more changed rows" in text
    assert "+ 99 새로운 방패 가격: 0 · sell: 0 · rate: 0 · power: 0 · grade: 희귀" in text
    assert text[-1] == "gate: passed"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    rows = [{"id": 1, "name": "가나다라마바사 " * 40, "stats": {"열쇠" * 30: 1}, "rewards": [{"item_id": 1}] * 9}]
    new = [{"id": 1, "name": "가나다라마바아 " * 40, "stats": {"열쇠" * 30: 2}, "rewards": [{"item_id": 2}] * 9}]
    rule = GateRule("no-changes-at-all", deny="any")
    text = printed(diff_of({"ItemTable": rows}, {"ItemTable": [*new, {**rows[0], "id": 7}]}), width=width)
    text += printed(diff_of({"ItemTable": rows}, {"ItemTable": new}), width=width, gate=Gate(rules=(rule,)))
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_stat_is_the_summary_alone() -> None:
    text = printed(diff_of({"ItemTable": OLD}, {"ItemTable": NEW}), stat=True)
    assert "ItemTable" in text and "가격" not in text


def test_tables_and_limit_choose() -> None:
    diff = diff_of({"ItemTable": OLD, "LineTable": [{"text": "a"}]}, {"ItemTable": NEW, "LineTable": [{"text": "b"}]})
    text = printed(diff, tables=["LineTable"])
    assert "ItemTable" not in text and "LineTable" in text
    assert printed(diff, limit=None).count("~ ") == 58
    assert printed(diff, limit=1).count("~ ") == 2


def test_words_are_marked_in_long_texts_with_and_without_color() -> None:
    old, new = ({"ItemTable": [{"id": 1, "name": f"The sword of {what} and of ice"}]} for what in ("fire", "flame"))
    plain = lines_of(printed(diff_of(old, new)))
    assert any("of [-fire-] and" in line and "of {+flame+} and" in line for line in plain)
    assert "\x1b[7;31mfire" in printed(diff_of(old, new), color=True)


def test_what_a_cell_says_to_the_terminal_is_not_obeyed() -> None:
    old = {"ItemTable": [{"id": 1, "name": "x"}]}
    new = {"ItemTable": [{"id": 1, "name": "\x1b]0;owned\x07[bold red]bang[/bold red] :smile: \u202egnp"}]}
    text = printed(diff_of(old, new))
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    assert "[bold red]bang[/bold red] :smile:" in "".join(line.strip() for line in text.splitlines())


def test_the_same_change_of_several_targets_is_shown_once() -> None:
    old, new = (
        side(name, {"ItemTable": rows}, targets=("server", "client")) for name, rows in (("a", OLD), ("b", NEW))
    )
    text = printed(compare(old, new))
    assert text.count("새로운 방패") == 1 and "ItemTable ─" in text


def test_no_difference_and_no_release_are_said() -> None:
    assert printed(diff_of({"ItemTable": OLD}, {"ItemTable": OLD})).endswith("\nno difference\ngate: passed\n")
    first = printed(compare(Side("live"), side("output", {"ItemTable": OLD})))
    assert first.startswith("live (no release yet) → output (build 2e5eaeeef7a7)\n1 new table · 59 rows added\n")


def test_a_flood_of_violations_is_folded() -> None:
    gate = Gate(rules=(GateRule("no-removed-items", deny="changed_rows"),))
    text = printed(diff_of({"ItemTable": OLD}, {"ItemTable": NEW}), gate=gate)
    assert "gate: blocked by no-removed-items" in text
    assert text.count("blocks no-removed-items") == 6 and "and 52 more like it" in text


def test_schema_changes_and_renamed_tables_are_told() -> None:
    renamed = PROTO.replace("ItemTable", "GoodsTable").replace("int32 sell = 4;", "string sell = 4;")
    diff = compare(side("old", {"ItemTable": OLD}), side("new", {"GoodsTable": OLD}, renamed), category="wire")
    text = printed(diff)
    assert "breaking game.proto: " in " ".join(text.split())
    kept = PROTO.replace("ItemTable", "GoodsTable")
    text = printed(compare(side("old", {"ItemTable": OLD}), side("new", {"GoodsTable": OLD}, kept)))
    assert "GoodsTable · was ItemTable" in text


def test_it_speaks_korean() -> None:
    def speak() -> str:
        language.use_language("ko")
        return printed(diff_of({"ItemTable": OLD}, {"ItemTable": NEW}), gate=gate)

    gate = Gate(rules=(GateRule("keep", deny="removed_rows"),))
    text = contextvars.copy_context().run(speak)
    assert "바뀐 테이블 1개 · 추가된 행 1개 · 삭제된 행 2개 · 바뀐 행 57개" in text
    assert "가격: 57개 행이 바뀜, 모두 × 10" in text
    assert "게이트: keep 규칙에 막혔습니다" in text and "[1] 오래된 전설의 검 1이 삭제되었습니다" in text


def test_a_new_column_is_one_line_in_every_form() -> None:
    rows = [{"id": number} for number in range(1, 23)]
    new = [{**row, "cooldown": 1.0 + row["id"] / 2} if row["id"] < 22 else row for row in rows]
    protos = PROTO.replace("int32 sell = 4;", "int32 sell = 4; float cooldown = 20;")
    diff = diff_of({"ItemTable": rows}, {"ItemTable": new}, new_protos=protos)
    line = "cooldown: new, 21 rows, 1.5 … 11.5"
    verdict = judge(diff, OPEN)
    assert line in printed(diff)
    assert line.replace(":", "&#58;") in to_markdown(diff, verdict)
    assert '"columns":[["cooldown",1,21,"1.5 … 11.5"]]' in to_html(diff, verdict)


def test_a_new_table_is_one_line_and_its_rows_are_shown_where_it_is_asked_for() -> None:
    diff = diff_of({"LineTable": []}, {"LineTable": [], "ItemTable": OLD})
    text = printed(diff)
    assert "ItemTable 59 · · · new table" in lines_of(text) and "오래된" not in text
    assert "+ 1 " in printed(diff, tables=["ItemTable"]) and "+ 59 " in printed(diff, limit=None)


def test_a_first_release_fits_a_screen() -> None:
    from diffcases import PROTO as GAME

    many = [f"message Thing{n}Table {{ repeated Item rows = 1; }}" for n in range(60)]
    protos = GAME + "\n".join(many)
    tables = {f"Thing{n}Table": [{"id": one} for one in range(n + 1)] for n in range(60)}
    text = printed(compare(Side("live"), side("output", tables, protos)))
    assert "Thing58Table 59, Thing59Table" in " ".join(text.split()) and len(text.splitlines()) < 24
    assert "60 new tables · 1,830 rows added" in text


def test_a_whole_row_is_folded_between_its_values() -> None:
    row = {
        "id": 1,
        "name": "검",
        "opens": datetime(2026, 1, 1, tzinfo=UTC),
        "steps": [1, 2, 3],
        "rewards": [{"item_id": 7}],
    }
    text = printed(diff_of({"ItemTable": []}, {"ItemTable": [row]}), width=60)
    assert lines_of(text)[-6:-2] == [
        "+ 1 검 가격: 0 · sell: 0 · rate: 0 · power: 0",
        "· grade: GRADE_NONE",
        "· rewards: [{item_id 7, 보상 수량 0}]",
        "· opens: 2026-01-01 09:00 · steps: [1, 2, 3]",
    ]


def test_numbers_of_a_metric_have_their_points_below_each_other() -> None:
    diff = diff_of({"ItemTable": OLD}, {"ItemTable": NEW})
    metric = MetricDiff("worth", "server", "", {"a": 1.25, "b": 100, "c": 2.0}, {"a": 1.5, "b": 2000, "d": 7})
    text = printed(replace(diff, metrics=(metric,)))
    lines = [line for line in text.splitlines() if " × " in line and line.strip()[:1] in "wb"]
    assert (
        len(
            {line.index("1.25") + 1 for line in lines if "1.25" in line}
            | {line.index("100") + 3 for line in lines if "100" in line}
        )
        == 1
    )


def test_targets_are_named_where_not_every_one_has_the_change() -> None:
    old, new = ({"server": [{"id": 1, "price": n}], "client": [{"id": 1, "price": 0}]} for n in (1, 2))
    sides = (
        Side(
            name,
            None,
            memory_output(
                {
                    target: Contents(PROTO, {"ItemTable": rows, "LineTable": [{"text": name}]})
                    for target, rows in one.items()
                }
            ),
        )
        for name, one in (("old", old), ("new", new))
    )
    text = lines_of(printed(compare(*sides)))
    assert "ItemTable server · · 1 1" in text and "LineTable all · · 1 1" in text


def test_ids_names_and_numbers_stay_in_one_piece() -> None:
    name = "a_very_long_name_of_a_table_with_words"
    protos = PROTO.replace("ItemTable", f"{name}Table")
    row = {"name": "긴 이름의 칼날 " * 8}
    old = [{**row, "id": 1_000_000_000 + n, "power": 10**15 + n, "price": 10**9 + n} for n in range(4)]
    new = [{**row, "power": 2 * 10**15 + 5, "price": 2_000_000_000} for row in old]
    diff = diff_of({f"{name}Table": old}, {f"{name}Table": new}, old_protos=protos, new_protos=protos)
    text = printed(diff, width=80)
    for whole in (f"{name}Table", "1000000003", "1000000000000003", "2000000000000005", "2000000000"):
        assert whole in text


def test_a_first_release_is_told_in_a_few_lines_and_no_table_is_parted_from_its_number() -> None:
    names = [f"{'x' * (number % 13)}Table{number}" for number in range(1, 60)]
    proto = 'syntax = "proto3"; package game; message Row { int32 id = 1; }' + "".join(
        f"message {name} {{ repeated Row rows = 1; }}" for name in names
    )
    tables = {name: [{"id": row} for row in range(number)] for number, name in enumerate(names, 1)}
    text = printed(compare(Side("live"), side("output", tables, proto)), width=80)
    assert len(text.splitlines()) < 20
    assert all(any(f"{name} {number}" in line for line in text.splitlines()) for number, name in enumerate(names, 1))
