"""The page, in a real browser."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, browser
from diffcases import PROTO, diff_of, side
from waiting import until

from gdata.config import Gate, GateRule, Limit
from gdata.diffs.compare import compare
from gdata.diffs.gate import GateVerdict, judge
from gdata.diffs.metrics import MetricDiff
from gdata.diffs.model import Diff, PastChange
from gdata.diffs.presentation import presentation_of
from gdata.diffs.renderers.html import embedded, to_html
from gdata.testing.bundles import compile_protos

HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "<!--<script>",
    "'\"><svg onload=window.hacked=1>",
    "javascript:window.hacked=1",
    "{{ 7 * 7 }}",
    "\u2028window.hacked = 1\u2029",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as one:
        yield one


def shown(chromium: Browser, tmp_path: Path, diff: Diff, verdict: GateVerdict | None = None, **options: Any) -> Browser:
    page = tmp_path / "diff.html"
    words = presentation_of(compile_protos(PROTO), "Asia/Seoul")
    page.write_text(to_html(diff, verdict or judge(diff, Gate()), presentation=words), encoding="utf-8")
    chromium.open(page, **options)
    return chromium


def many(count: int = 3000) -> Diff:
    old = [{"id": number, "name": f"전설의 검 {number}", "price": 100 + number} for number in range(count)]
    new = [{**row, "price": row["price"] * 10} for row in old[5:]] + [{"id": count + 1, "name": "새 방패"}]
    return diff_of({"ItemTable": old, "LineTable": [{"text": "a"}]}, {"ItemTable": new, "LineTable": [{"text": "b"}]})


def texts(chromium: Browser, selector: str) -> list[str]:
    found: list[str] = chromium.run(
        f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.textContent)"
    )
    return found


def choose(chromium: Browser, name: str, value: str) -> None:
    chromium.run(
        f"(() => {{ const one = document.getElementById('{name}'); one.value = {json.dumps(value)};"
        " one.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )
    chromium.settle()


def test_the_page_shows_old_beside_new_in_the_sheets_words(chromium: Browser, tmp_path: Path) -> None:
    old = {"ItemTable": [{"id": 1, "name": "검", "price": 100, "rewards": [{"item_id": 1, "count": 1}]}, {"id": 2}]}
    new = {"ItemTable": [{"id": 1, "name": "검", "price": 120, "rewards": [{"item_id": 1, "count": 2}]}, {"id": 3}]}
    page = shown(chromium, tmp_path, diff_of(old, new))
    assert texts(page, "tbody.changed td") == ["~1검", "가격", "100", "120× 1.2", "보상1 수량", "1", "2× 2"]
    assert texts(page, "tbody.added td.row") == ["+3"] and texts(page, "tbody.removed td.row") == ["−2"]
    assert page.said == []
    assert [one for one in page.requests if not one.startswith("file:")] == []


def test_nothing_from_a_cell_runs(chromium: Browser, tmp_path: Path) -> None:
    rows = [{"id": number, "name": text, "stats": {text: 1}} for number, text in enumerate(HOSTILE)]
    new = [{**row, "name": f"{row['name']}!", "stats": {f"{HOSTILE[row['id']]}?": 2}} for row in rows]
    diff = diff_of({"ItemTable": rows}, {"ItemTable": [*new, {"id": 99, "name": HOSTILE[0]}]})
    rule = GateRule("swing", limit="max_change", limit_by=Limit(1))
    page = shown(chromium, tmp_path, diff, judge(diff, Gate(rules=(rule,))))
    assert page.run("window.hacked") is None
    assert page.run("document.querySelectorAll('img, iframe, main svg, script').length") == 2
    assert page.said == []
    assert any("</script><script>" in text for text in texts(page, "td.old"))


def test_a_script_that_got_in_would_be_refused(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, many(10))
    page.run(
        "(() => { const one = document.createElement('script'); one.textContent = 'window.hacked = 1';"
        " document.body.append(one); const two = document.createElement('img'); two.src = 'https://example.com/x.png';"
        " document.body.append(two); })()"
    )
    page.settle()
    assert page.run("window.hacked") is None
    assert len([text for text in page.said if "Content Security Policy" in text]) == 2


def test_filters_and_search_narrow_what_is_shown(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, many())
    assert texts(page, "#found") == ["3,002 of 3,002 rows"]
    choose(page, "kind", "removed")
    assert texts(page, "#found") == ["5 of 3,002 rows"]
    page.run("document.getElementById('clear').click()")
    choose(page, "field", "price")
    assert texts(page, "#found") == ["2,995 of 3,002 rows"]
    choose(page, "table", "1")
    assert texts(page, "#found") == ["1 of 3,002 rows"]  # a table without the field lets go of it
    page.run("document.getElementById('search').focus()")
    page.type("no such thing")
    assert texts(page, "#found") == ["0 of 3,002 rows"] and texts(page, ".empty")
    page.run("document.getElementById('clear').click()")
    page.run("document.getElementById('search').focus()")
    page.type("방패")
    assert texts(page, "#found") == ["1 of 3,002 rows"] and texts(page, "tbody td.row") == ["+3001새 방패"]


def test_it_is_used_by_keyboard_alone(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, many())
    page.press("/")
    assert page.run("document.activeElement.id") == "search"
    page.type("2999")
    assert texts(page, "tbody td.row") == ["~2899전설의 검 2899", "~2999전설의 검 2999"]  # by its price, and by its key
    page.press("Escape")
    page.settle()
    assert texts(page, "#found") == ["3,002 of 3,002 rows"]
    page.run("document.querySelector('.skip').focus()")
    seen = []
    for _ in range(7):
        page.press("Tab")
        seen.append(page.run("document.activeElement.id"))
    assert seen == ["language", "search", "target", "table", "kind", "field", "clear"]


def test_of_thousands_of_changes_a_page_holds_hundreds(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, many(20_000))
    assert page.run("document.querySelectorAll('tbody').length") < 500
    page.run("document.getElementById('clear').click()")
    assert page.run("document.querySelectorAll('tbody').length") < 500
    page.run("window.scrollTo(0, document.body.scrollHeight)")
    page.settle()
    assert page.run("document.querySelectorAll('tbody').length") > 100


def test_a_column_that_moved_has_its_line_and_its_plot(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, many())
    assert texts(page, ".note") == ["가격: 2,995 rows changed, all × 10"]
    assert page.run("document.querySelectorAll('figure svg circle').length") >= 250


def test_it_speaks_korean_and_english(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, many(50))
    assert page.run("document.documentElement.lang") == "en"
    page.run("document.getElementById('language').click()")
    assert page.run("document.documentElement.lang") == "ko"
    assert texts(page, "thead th")[:4] == ["행", "필드", "이전", "이후"]
    assert "게이트: 통과" in texts(page, "#gate-title")
    assert page.run("document.querySelectorAll('[data-text]').length") == page.run(
        "[...document.querySelectorAll('[data-text]')].filter((one) => /[가-힣]/.test(one.textContent)).length"
    )


def test_it_prints_every_row_and_no_controls(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, many(400))
    assert page.pdf().startswith(b"%PDF")
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    assert page.run("document.querySelectorAll('tbody').length") == 402
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.run("getComputedStyle(document.querySelector('.filters')).display") == "none"
    page.call("Emulation.setEmulatedMedia", media="")


def test_it_prints_dark_ink_on_light_paper_in_dark_mode_too(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, many(3))
    names = "['--paper', '--ink', '--old', '--new', '--old-mark', '--new-mark', '--panel', '--warn-paper', '--dim']"
    colours = f"{names}.map((one) => getComputedStyle(document.documentElement).getPropertyValue(one))"
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.call("Emulation.setEmulatedMedia", media="print", features=[])
    printed = page.run(colours)
    page.call("Emulation.setEmulatedMedia", media="print", features=dark)
    assert page.run(colours) == printed
    page.call("Emulation.setEmulatedMedia", media="", features=dark)
    assert not set(page.run(colours)) & set(printed)
    page.call("Emulation.setEmulatedMedia", media="", features=[])


def test_nothing_changed_is_said(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, diff_of({"LineTable": []}, {"LineTable": []}))
    assert texts(page, ".empty") == ["Nothing changed."]


def test_rows_beyond_what_a_page_can_hold_are_counted() -> None:
    page = to_html(many(50), GateVerdict(True), rows_a_table=10)
    assert '"left":35' in page


def test_the_gates_word_is_at_the_top(chromium: Browser, tmp_path: Path) -> None:
    rule = GateRule("no-removed-items", deny="removed_rows")
    diff = many(50)
    page = shown(chromium, tmp_path, diff, judge(diff, Gate(rules=(rule,))))
    assert texts(page, "#gate-title") == ["Gate: blocked by no-removed-items"]
    assert len(texts(page, "#violations li")) == 1 or texts(page, "#violations li")[0].startswith(
        "blocks no-removed-items"
    )


def test_a_schema_change_is_shown(chromium: Browser, tmp_path: Path) -> None:
    rows = {"ItemTable": [{"id": 1}]}
    new = side("new", rows, PROTO.replace("int32 sell = 4;", "string sell = 4;"))
    diff = compare(side("old", rows), new, category="wire")
    page = shown(chromium, tmp_path, diff)
    assert texts(page, "#schema li")[0].startswith("breaking game.proto: Field")


def test_embedded_json_is_one_no_parser_sees_anything_in() -> None:
    text = embedded({"a": HOSTILE, "b": "\ud800"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text)["a"] == HOSTILE


def test_metrics_stand_above_the_tables_and_are_plotted(chromium: Browser, tmp_path: Path) -> None:
    diff = many(20)
    income = MetricDiff("income", "server", "gold/h", {"숲": 100, HOSTILE[1]: 1}, {"숲": 130, "탑": 5})
    page = shown(chromium, tmp_path, Diff(diff.old, diff.new, diff.summary, diff.targets, (income,)))
    assert texts(page, "#metric-list h3") == ["income (gold/h)"]
    assert texts(page, "#metric-list tr:first-child td")[:4] == ["숲", "100", "130", "× 1.3"]
    assert page.run("document.querySelectorAll('#metric-list svg').length") == 3
    assert page.run("window.hacked") is None and page.said == []


def test_what_a_reader_must_know_first_and_where_whole_rows_came_from(chromium: Browser, tmp_path: Path) -> None:
    old, new = side("old", {"ItemTable": [{"id": 1}]}), side("new", {"ItemTable": [{"id": 1}, {"id": 2}]})
    sheets = {"server": {"ItemTable": {"[2]": {"": HOSTILE[0]}}}}
    diff = compare(old, replace(new, origins=sheets, stale=(HOSTILE[1],)), category="off")
    income = MetricDiff("income", "server", "", {str(n): n + 1 for n in range(30)}, {str(n): 9.5 for n in range(30)})
    page = shown(chromium, tmp_path, replace(diff, metrics=(income,)))
    assert texts(page, "#stale .note") == [HOSTILE[1]]
    assert texts(page, "td.row .title") == [f"from {HOSTILE[0]}"]
    assert len(texts(page, "#metric-list tr")) == 10
    page.run("document.querySelector('#metric-list button').click()")
    assert len(texts(page, "#metric-list tr")) == 30 and page.run("window.hacked") is None


def test_filters_are_kept_in_the_address_and_a_link_leads_to_a_row(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, many(50))
    choose(page, "kind", "added")
    address = page.run("location.hash")
    assert address == "#kind=added"
    link = page.run("document.querySelector('td.row a.link').getAttribute('href')")
    assert link == "#table=ItemTable+%C2%B7+server&row=51"
    page.run(f"location.hash = {json.dumps(link)}")
    page.settle()
    assert texts(page, "td.row") == ["+51새 방패"] and texts(page, "#found") == ["1 of 52 rows"]
    page.run("document.getElementById('clear').click()")
    page.settle()
    assert page.run("location.hash") == "" and len(texts(page, "td.row")) > 40


def test_a_reviewers_ticks_stay(chromium: Browser, tmp_path: Path) -> None:
    page = shown(chromium, tmp_path, many(50))
    assert texts(page, "#progress") == ["0 of 2 tables reviewed"]
    page.press("x")
    page.settle()
    assert texts(page, "#progress") == ["1 of 2 tables reviewed"]
    # The browser keeps it when it finds the time.
    until(lambda: texts(shown(chromium, tmp_path, many(50)), "#progress") == ["1 of 2 tables reviewed"])
    assert texts(page, "nav a.seen span")[:1] == ["ItemTable"]
    page.press("x")
    page.settle()
    other = shown(chromium, tmp_path, many(51))
    assert texts(other, "#progress") == ["0 of 2 tables reviewed"]


def test_the_table_in_which_most_changed_comes_first_and_columns_show_their_spread(
    chromium: Browser, tmp_path: Path
) -> None:
    old = {"ItemTable": [{"id": 1, "price": 1}], "DropTable": [{"stage": n, "rate": 0.1 * n} for n in range(30)]}
    new = {"ItemTable": [{"id": 1, "price": 2}], "DropTable": [{"stage": n, "rate": 0.3 * n} for n in range(30)]}
    page = shown(chromium, tmp_path, diff_of(old, new))
    assert texts(page, "nav a span:first-child") == ["DropTable", "ItemTable"]
    assert page.run("document.querySelectorAll('svg.spread rect').length") > 10


def test_a_changed_cell_shows_its_earlier_changes(chromium: Browser, tmp_path: Path) -> None:
    diff = diff_of({"ItemTable": [{"id": 1, "price": 50}]}, {"ItemTable": [{"id": 1, "price": 70}]})
    time = datetime(2026, 11, 1, 12, tzinfo=UTC)
    past = {("ItemTable", (1,), "price"): [PastChange(time, "minji", HOSTILE[0], 40, 50)]}
    page = tmp_path / "diff.html"
    page.write_text(to_html(diff, judge(diff, Gate()), past=past), encoding="utf-8")
    chromium.open(page)
    assert texts(chromium, "ul.past li") == [f"2026-11-01 minji: 40 → 50 {HOSTILE[0]}"]
    assert chromium.run("window.hacked") is None


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_nothing_runs_off_the_side(chromium: Browser, tmp_path: Path, width: int) -> None:
    page = shown(chromium, tmp_path, many(300), width=width)
    assert page.run("document.documentElement.scrollWidth") <= width
