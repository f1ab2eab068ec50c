"""The sample game's bundles from Google are, byte for byte, those from its files."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gdata.testing.google import GoogleEmulator
from gdata.testing.google.folders import import_folder

PROJECT = Path(__file__).parents[2]


def copy_project(folder: Path) -> Path:
    folder.mkdir()
    for name in ("sheets", "protos", "checks"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "sheets.yaml", folder)
    return folder


def move_to_google(folder: Path, google: GoogleEmulator) -> None:
    """Every `path:` in sheets.yaml becomes the `id:` of the spreadsheet that was made of it."""
    ids = {one.title: one.id for one in google.state.spreadsheets.values()}
    config = folder / "sheets.yaml"
    text = re.sub(r"path: sheets/(\w+)\S*", lambda path: f"id: {ids[path[1]]}", config.read_text(encoding="utf-8"))
    settings = f"google: {{credentials: '{google.key_file.as_posix()}', endpoint: '{google.endpoint}'}}"
    config.write_text(f"{text}\n{settings}\n", encoding="utf-8")


def build(folder: Path, *options: str) -> dict[str, bytes]:
    program = [str(Path(sys.executable).with_name("gdata")), "build", "--quiet", *options]
    ran = subprocess.run(program, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    output = folder / "output"
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in output.rglob("*") if path.is_file()}


@pytest.fixture
def google():
    with GoogleEmulator(import_folder(PROJECT / "sheets")) as google:
        yield google


def test_the_same_bundles_come_from_google_from_files_and_from_the_kept_pull(tmp_path, google):
    from_files = build(copy_project(tmp_path / "files"))
    folder = copy_project(tmp_path / "google")
    move_to_google(folder, google)
    from_google = build(folder)
    assert from_google.keys() == from_files.keys()
    assert from_google == from_files
    google.close()
    shutil.rmtree(folder / "output")
    assert build(folder, "--offline") == from_files
