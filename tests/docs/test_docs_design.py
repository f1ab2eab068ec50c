"""The design notes name files that are there."""

from __future__ import annotations

import re

from command_line import ROOT


def test_every_file_that_the_design_notes_name_is_there() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:gdata|tests|docs)/[\w/.]+)`", text))
    assert len(named) > 30
    assert not [name for name in sorted(named) if not (ROOT / name).exists()]
