from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from gdata import kinds
from gdata.cli.problems.pages import as_html
from gdata.problems import Cell, Problem

URL = "https://docs.google.com/spreadsheets/d/ID/edit#gid=0&range=C2"


class Page(HTMLParser):
    """The elements of a page, its links, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def warning(row: int, value: str = "7", sheet: str = "Item") -> Problem:
    return kinds.TEXT_NUMBER.at(Cell("items", sheet, row, 3), field="name", value=value)


def test_a_page_shows_cells_as_links_and_words_as_text() -> None:
    page = Page(as_html([replace(warning(2), url=URL), replace(warning(3), url="/home/me/items.xlsx")]))
    assert URL in page.links
    assert not any("items.xlsx" in str(link) for link in page.links)
    assert "2 warnings in 1 sheet" in page.texts
    assert any("7 is a number in a column of text" in text for text in page.texts)


def test_text_from_sheets_is_only_text() -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=y>'\"&{{7*7}}"
    text = as_html([replace(warning(2, hostile, sheet="<b>x</b>"), url="javascript:alert(1)")])
    page = Page(text)
    assert not {"script", "img", "b"} & set(page.tags)
    assert "javascript:" not in text
    assert any(hostile in one for one in page.texts)


def test_the_page_is_whole_and_loads_nothing() -> None:
    text = as_html([warning(2)])
    assert "default-src 'none'" in text
    assert "src=" not in text
    assert "@import" not in text


def test_floods_and_sizes_are_bounded() -> None:
    text = as_html([warning(row) for row in range(2, 50_000)])
    assert text.count("<tr") == 101
    assert "and 49,898 more like it" in text
    many = [warning(2, sheet=f"S{number}") for number in range(300)]
    assert "… and 200 more" in as_html(many, most=100)
    assert "No problems" in as_html([])
