"""What is installed for whom: a server's part alone, the whole, and another library of the same name over it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from command_line import ROOT

from gdata.installed import own_version

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOT_THERE = "import sys; sys.modules[{module!r}] = None; sys.argv[1:] = {arguments!r}; "


def run_python(code: str, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, filter(None, [path, ROOT]))), "LANGUAGE": "en"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_a_server_needs_protobuf_and_nothing_else() -> None:
    assert PROJECT["dependencies"] == ["protobuf>=6.33"]


@pytest.mark.parametrize(
    ("module", "arguments"),
    [("click", ["build"]), ("yaml", ["check"]), ("rich", ["doctor"]), ("grpc_tools", ["build"])],
)
def test_a_command_says_how_to_install_its_part(module: str, arguments: list[str], game: Path) -> None:
    code = NOT_THERE.format(module=module, arguments=arguments) + "import gdata_sheets; gdata_sheets.main()"
    ran = run_python(code, game)
    assert ran.returncode in (2, 3), ran.stderr
    assert ran.stderr.count("\n") == 2 and "pip install 'gdata-sheets[build]'" in ran.stderr


def test_the_version_is_read_off_a_folders_name() -> None:
    assert own_version() == version("gdata-sheets")


def test_signatures_need_their_part(tmp_path: Path) -> None:
    code = NOT_THERE.format(module="cryptography", arguments=[]) + (
        "from gdata.errors import UsageError\n"
        "from gdata.releases.signatures import load_public_keys\n"
        "try: load_public_keys('-----BEGIN')\n"
        "except UsageError as error: print(error.hint)"
    )
    assert "gdata-sheets[signed]" in run_python(code, tmp_path).stdout


def test_another_library_of_this_name_is_told(tmp_path: Path) -> None:
    other = tmp_path / "installed" / "gdata"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text('"""Contains classes representing Google Data elements."""\nimport atom\n')
    ran = run_python("import gdata_sheets; gdata_sheets.main()", tmp_path, path=other.parent)
    assert ran.returncode == 2
    assert "another library called gdata" in ran.stderr and "Traceback" not in ran.stderr
