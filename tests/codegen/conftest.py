"""The conformance project, built once for all tests of generated code."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from conformance_cases import Cases


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Cases:
    return Cases(tmp_path_factory.mktemp("conformance"))


MATRIX = Path(__file__).parents[2] / "docs" / "clients.md"
ABILITIES = {
    "test_all_tables_equal_what_show_tells": "tables equal",
    "test_what_is_damaged_is_refused_by_name": "damages refused",
    "test_a_reload_swaps_all_or_nothing": "reload",
    "test_rows_are_found_by_typed_keys_indexes_and_references": "keys, indexes, references",
    "test_packed_tables_are_read_or_refused_by_name": "zstd read, or asked for by name",
}
_results: dict[tuple[str, str], list[str]] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how each language did in the conformance tests."""
    found = re.search(r"test_conformance\.py::(\w+)\[(\w+)", report.nodeid)
    if found is not None and (report.when == "call" or report.outcome != "passed"):
        _results.setdefault((found[2], found[1]), []).append(report.outcome)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With GDATA_CLIENT_MATRIX set, write the matrix of docs/clients.md from what was run."""
    if not os.environ.get("GDATA_CLIENT_MATRIX") or hasattr(session.config, "workerinput") or not _results:
        return
    lines = ["| | " + " | ".join(ABILITIES.values()) + " |", "|---" * (len(ABILITIES) + 1) + "|"]
    for language in sorted({language for language, _ in _results}):
        cells = []
        for test in ABILITIES:
            outcomes = _results.get((language, test), [])
            passed = outcomes.count("passed")
            whole = passed == len(outcomes) > 0
            cells.append(
                ("✓" if len(outcomes) == 1 else f"{passed} ✓")
                if whole
                else "not run"
                if "failed" not in outcomes
                else "✗"
            )
        lines.append(f"| `{language}` | " + " | ".join(cells) + " |")
    text = MATRIX.read_text(encoding="utf-8")
    start, end = "<!-- matrix -->\n", "<!-- end of matrix -->"
    before, _, rest = text.partition(start)
    MATRIX.write_text(f"{before}{start}\n" + "\n".join(lines) + f"\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")
