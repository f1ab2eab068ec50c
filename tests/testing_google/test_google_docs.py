"""The emulator's page in the docs says what the code does."""

import re
from pathlib import Path

from gdata.testing.google import EmulatedSpreadsheet, Formula, GoogleEmulator
from gdata.testing.google.__main__ import _parser
from gdata.testing.google.refusals import FAULTS

PAGE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")


def test_every_option_and_every_fault_is_on_the_page():
    options = {option for action in _parser()._actions for option in action.option_strings if option.startswith("--")}
    assert set(re.findall(r"`(--[a-z]+)", PAGE)) == options - {"--help"}
    faults = PAGE[PAGE.index("Faults:") :].split("\n`on`")[0]
    assert set(re.findall(r"`(\w+)`", faults)) == set(FAULTS)


def test_the_examples_run():
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        names = {"EmulatedSpreadsheet": EmulatedSpreadsheet, "GoogleEmulator": GoogleEmulator, "Formula": Formula}
        exec(example, {"__name__": "example", **names})
