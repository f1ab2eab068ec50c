"""No cell ends as a bug of ours; `python tests/campaigns/odd_cells.py` tries as many sheets as there is time for."""

from __future__ import annotations

from pathlib import Path

import pytest
from odd_cells import OddSheets, run_campaign


@pytest.mark.parametrize("first", [0, 1_000])
def test_no_cell_is_a_bug(first: int, tmp_path: Path) -> None:
    done, finds = run_campaign(OddSheets(tmp_path), range(first, first + 1_000))
    assert not finds, "\n".join(finds.values())
    assert done == 1_000


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_no_cell_is_a_bug_for_ten_minutes(tmp_path: Path) -> None:
    _, finds = run_campaign(OddSheets(tmp_path), range(2_000, 1_000_000), seconds=600)
    assert not finds, "\n".join(finds.values())
