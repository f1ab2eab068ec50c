"""The sides of a diff have their targets in the order of sheets.yaml, wherever they come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gdata.pipeline.sides import compare_sides, output_side
from gdata.project import read_config


def test_a_diff_tells_of_targets_in_the_order_of_a_build(built_game: Path) -> None:
    config = read_config(built_game / "sheets.yaml")
    names = [target.name for target in config.targets]
    assert names != sorted(names)
    side = output_side(config)
    assert list(side.bundles) == names
    other = replace(side, bundles=dict(reversed(side.bundles.items())))
    assert list(compare_sides(config, side, other, "off", print).targets) == names
