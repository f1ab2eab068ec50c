"""Problems for code scanning and for reports of test runs, whatever stands in the cells."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gdata import kinds
from gdata.cli.problems.pages import as_junit, as_sarif
from gdata.problems import Cell, Problem


def problem(value: str = "x", url: str = "", severity: str = "error") -> Problem:
    words = {"text": f"{value} is wrong", "hint": "mend"}
    found = kinds.CHECK.at(Cell("items", "Item", 14, 3), field="price", value=value, code="check.price", **words)
    return replace(found, url=url, severity=severity)  # type: ignore[arg-type]


def test_sarif_has_a_rule_a_level_and_a_place(tmp_path: Path) -> None:
    file = tmp_path / "sheets" / "Item.csv"
    found = json.loads(as_sarif([problem(url=str(file)), problem(severity="warning")], root=tmp_path))
    assert found["version"] == "2.1.0"
    (run,) = found["runs"]
    assert [one["id"] for one in run["tool"]["driver"]["rules"]] == ["check.price"]
    first, second = run["results"]
    assert (first["ruleId"], first["level"], second["level"]) == ("check.price", "error", "warning")
    place = first["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "sheets/Item.csv"}, "region": {"startLine": 14}}
    assert first["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "items/Item!C14"
    assert "physicalLocation" not in second["locations"][0]


def test_a_sheet_in_google_is_named_by_its_link() -> None:
    url = "https://docs.google.com/spreadsheets/d/1/edit#gid=0&range=C14"
    (result,) = json.loads(as_sarif([problem(url=url)]))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": url}


def test_junit_has_a_case_a_problem_and_errors_fail() -> None:
    suite = ElementTree.fromstring(as_junit([problem(), problem(severity="warning")]))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failed, warned = suite
    assert failed.get("classname") == "items.Item" and failed.get("name") == "C14 check.price"
    assert failed.find("failure") is not None and warned.find("failure") is None
    assert "x is wrong" in (warned.findtext("system-out") or "")


def test_without_problems_one_case_passes() -> None:
    suite = ElementTree.fromstring(as_junit([]))[0]
    assert (suite.get("tests"), suite.get("failures"), len(suite)) == ("1", "0", 1)
    assert json.loads(as_sarif([]))["runs"][0]["results"] == []


@pytest.mark.parametrize("hostile", ["]]></failure><x>", "\x00\x1b[31m", "\ud800", "&amp;<!--", "\"'>"])
def test_what_a_cell_says_ends_no_element(hostile: str) -> None:
    assert len(ElementTree.fromstring(as_junit([problem(hostile)]))[0]) == 1
    json.loads(as_sarif([problem(hostile)]).encode("utf-8"))
