import re
from html import unescape

import pytest
from diffcases import diff_of
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gdata.config import Gate, GateRule
from gdata.diffs.gate import judge
from gdata.diffs.model import Diff
from gdata.diffs.renderers.markdown import MOST, code, to_markdown
from gdata.text import visible

OLD = [{"id": n, "name": f"item {n}", "price": n} for n in range(1, 100)]
NEW = [{**row, "price": row["price"] * 10} for row in OLD[1:]]
OPEN = Gate()
DENY = Gate(rules=(GateRule("nothing", deny="any"),))


def markdown(diff: Diff, gate: Gate = OPEN, **options: int) -> str:
    return to_markdown(diff, judge(diff, gate), **options)


def test_a_comment_has_summary_gate_and_folded_tables() -> None:
    text = markdown(diff_of({"ItemTable": OLD}, {"ItemTable": NEW}), DENY)
    assert text.startswith("### <code>old &#40;build ") and "</code> → <code>new &#40;build " in text
    assert "</code>\n\n1 table changed · 1 row removed · 98 rows changed" in text
    assert "❌ **gate&#58; blocked by nothing**" in text
    assert "| <code>ItemTable</code> |  | 1 | 98 | 98 |  |" in text
    assert "| <code>2</code> item 2 | <code>price</code> | <code>2</code> | <code>20</code> × 10 |" in text
    assert "- price&#58; 98 rows changed, all × 10" in text
    assert "… and 78 more changed rows" in text and text.count("<details>") == text.count("</details>") == 1


@settings(max_examples=100)
@given(
    st.text(max_size=40) | st.sampled_from(["a|b", "\\|", "@team", "#12", "`x`", "</code>", "www.x.y", "a@b.c", "$x$"])
)
def test_any_text_is_shown_as_it_is(text: str) -> None:
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(f"| a |\n|---|\n| {code('x' + text)} |\n")
    (cell,) = re.findall(r"<td><code>(.*?)</code></td>", rendered, re.DOTALL)
    assert unescape(cell).split() == visible("x" + text).split()
    assert "<" not in cell


@pytest.mark.parametrize("what", ["rows", "tables", "violations", "wide"])
def test_a_comment_is_never_longer_than_github_takes(what: str) -> None:
    if what == "tables":
        protos = 'syntax = "proto3"; package game; message Line { string text = 1; }' + "".join(
            f"message {'Long' * 20}{n}Table {{ repeated Line rows = 1; }}" for n in range(700)
        )
        tables = {f"{'Long' * 20}{n}Table": [{"text": "|" * 300}] for n in range(700)}
        changed = {name: [{"text": "@" * 300}] for name in tables}
        diff = diff_of(tables, changed, old_protos=protos, new_protos=protos)
    else:
        sign = "😀|" * 300 if what == "wide" else "x"
        old = [{"id": n, "name": f"{sign}{n}", "price": n, "stats": {sign: 1}} for n in range(2000)]
        new = [{**row, "name": f"{sign}!", "price": -1, "stats": {sign: 2}} for row in old]
        diff = diff_of({"ItemTable": old}, {"ItemTable": new})
    text = markdown(diff, DENY if what == "violations" else OPEN, limit=2000)
    assert len(text.encode("utf-16-le")) // 2 <= MOST
    assert text.count("<details>") == text.count("</details>")
    if what == "tables":
        assert "more tables; `gdata diff --format html` shows everything" in text


def test_nothing_changed_is_one_line() -> None:
    text = markdown(diff_of({"ItemTable": OLD}, {"ItemTable": OLD}))
    assert "no difference" in text and "✅ **gate&#58; passed**" in text
