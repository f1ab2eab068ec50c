"""Every generated loader reads what the build made, value for value, and refuses the same damages by name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from command_line import run_gdata
from conformance_cases import Cases
from google.protobuf.json_format import MessageToDict
from toolchains import MAKERS, prepare

from gdata.bundles.reader import open_bundle
from gdata.codegen.language import LanguageName
from gdata.runtime.messages import table_types

NEEDS_NOTHING = "python"
ANSWERS = {
    "target": "client",
    "version": "1.4",
    "release": "",
    "get": '검, "긴"',
    "find": "none",
    "composite": "0.1",
    "three": "3",
    "map": "ㄱ",
    "big": "한글 😀",
    "unique": "1003",
    "unique.two": "2",
    "resolve": "1003",
    "resolve.unset": "none",
    "resolve.when.0": "item SWORD",
    "resolve.when.1": "hero Kai",
    "resolve.field": "7",
    "resolve.none": "none",
    "resolve.list": "1001 1003",
    "resolve.record": "1002",
    "constant": "1001",
    "label": "희귀",
}
"""What each driver answers beside the rows; the values stand in the conformance project's sheets."""
UNPACKS = ("go", "python", "typescript")
"""Whose drivers have a zstd to give to the loader; the others see how it is told that they need one."""
OWN = ("no-table", "other-key", "other-target")
"""What the code generated for Python refuses by itself; the others gdata.load does."""
DAMAGES = (
    "flipped cut missing schema no-manifest half-manifest flipped-manifest other-target feature format no-table "
    "other-key row-count climbing"
).split()


class Driver:
    """A language's program that answers the questions."""

    def __init__(self, language: str, command: list[str]) -> None:
        self.language = language
        self.command = command

    def ask(self, folder: Path) -> tuple[int, dict[str, str]]:
        """Its exit code, and its answers by their names."""
        done = subprocess.run(
            [*self.command, str(folder)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert done.returncode == 0 or "error=" in done.stdout, done.stdout + done.stderr
        return done.returncode, _answers(done.stdout.splitlines())


class Held:
    """A driver that holds the data, and reads it anew whenever it is told to."""

    def __init__(self, driver: Driver, folder: Path) -> None:
        self._process = subprocess.Popen(
            [*driver.command, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        self._until("label")

    def reload(self) -> dict[str, str]:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._until("then")

    def _until(self, name: str) -> dict[str, str]:
        lines = []
        assert self._process.stdout is not None
        for line in self._process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith(f"{name}="):
                return _answers(lines)
        raise AssertionError("\n".join(lines))

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def _answers(lines: list[str]) -> dict[str, str]:
    return {name: text.replace("\\n", "\n") for name, _, text in (line.partition("=") for line in lines)}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(language, marks=[] if language == NEEDS_NOTHING else pytest.mark.clients)
        for language in get_args(LanguageName)
    ],
)
def driver(request: pytest.FixtureRequest, cases: Cases, tmp_path_factory: pytest.TempPathFactory) -> Driver:
    code = tmp_path_factory.mktemp(request.param) / "code"
    prepare(request.param, code.parent)
    run_gdata("codegen", request.param, "--from", "output/client", "--out", code, cwd=cases.project)
    return Driver(request.param, MAKERS[request.param](code))


@pytest.fixture
def held(driver: Driver, cases: Cases, tmp_path: Path) -> Iterator[tuple[Held, Path]]:
    folder = tmp_path / "live"
    shutil.copytree(cases.good, folder)
    held = Held(driver, folder)
    yield held, folder
    held.close()


@pytest.mark.parametrize("which", ["good", "parts"])
def test_all_tables_equal_what_show_tells(driver: Driver, cases: Cases, which: str) -> None:
    code, answers = driver.ask(getattr(cases, which))
    assert code == 0, answers
    assert _rows(cases.good, answers) == cases.shown


def test_packed_tables_are_read_or_refused_by_name(driver: Driver, cases: Cases) -> None:
    code, answers = driver.ask(cases.packed)
    if driver.language in UNPACKS:
        assert code == 0, answers
        assert _rows(cases.good, answers) == cases.shown
    else:
        assert (code, list(answers)) == (1, ["error"])
        assert "zstd" in answers["error"]


def test_rows_are_found_by_typed_keys_indexes_and_references(driver: Driver, cases: Cases) -> None:
    _, answers = driver.ask(cases.good)
    assert {name: answers.get(name) for name in ANSWERS} == ANSWERS
    assert answers["build"] == open_bundle(cases.good).manifest.build
    assert "ItemTable has no row with id = 9" in answers["missing"]


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_damaged_is_refused_by_name(
    driver: Driver, cases: Cases, name: str, request: pytest.FixtureRequest
) -> None:
    if driver.language == NEEDS_NOTHING and name not in OWN and "not clients" in request.config.getoption("markexpr"):
        pytest.skip("gdata.load refuses it: tests/runtime/test_load_damage.py")
    damage = cases.damaged[name]
    code, answers = driver.ask(damage.folder)
    assert (code, list(answers)) == (1, ["error"])
    for word in damage.words:
        assert word in answers["error"]


def test_a_reload_swaps_all_or_nothing(held: tuple[Held, Path], cases: Cases) -> None:
    process, folder = held
    assert process.reload() == {"reload": "false", "now": '검, "긴"', "then": '검, "긴"'}
    _replace(folder, cases.damaged["flipped"].folder)
    answers = process.reload()
    assert answers["reload"] == "false" or "damaged" in answers["reload"]
    assert answers["now"] == '검, "긴"'
    _replace(folder, cases.next)
    assert process.reload() == {"reload": "true", "now": '검, "더 긴"', "then": '검, "긴"'}
    _replace(folder, cases.damaged["missing"].folder)
    answers = process.reload()
    assert answers["reload"].startswith("error: ") and "missing" in answers["reload"]
    assert answers["now"] == '검, "더 긴"'


def _replace(folder: Path, other: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    shutil.copytree(other, folder, dirs_exist_ok=True)


def _rows(folder: Path, answers: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The rows that a driver gave as bytes, as `gdata show` would tell them."""
    bundle = open_bundle(folder)
    rows: dict[str, list[dict[str, Any]]] = {}
    from google.protobuf.message_factory import GetMessageClass

    for name, type_ in table_types(bundle.schema(), bundle.manifest).items():
        row = GetMessageClass(type_.row)
        rows[name] = []
        while (text := answers.get(f"rows.{name}.{len(rows[name])}")) is not None:
            message = row.FromString(bytes.fromhex(text))
            shown = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
            rows[name].append(json.loads(json.dumps(shown)))
    return rows
