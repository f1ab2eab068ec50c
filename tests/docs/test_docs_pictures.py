"""What the docs' pictures show is what gdata says today; where it isn't, they are taken anew, to be looked at."""

from __future__ import annotations

import json
import shutil
import sys

import pytest
from command_line import ROOT

sys.path.append(str(ROOT / "docs"))

from make_pictures import SHOWN, main, play


@pytest.mark.skipif(sys.platform == "win32", reason="the terminal of the pictures is a POSIX one")
def test_pictures_show_what_is_said_today() -> None:
    kept = json.loads(SHOWN.read_text(encoding="utf-8"))
    said = play(are_taken=False)
    differing = [name for name in said if said[name] != kept.get(name)]
    if differing and shutil.which("chromium"):
        main()
    assert not differing, "they are taken anew where Chromium is: look at docs/pictures, and commit them"
