"""What docs/outputs.schema.json and docs/diff.schema.json say of JSON outputs is what the commands write."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from command_line import GDATA, ROOT, run_gdata
from jsonschema import Draft202012Validator

SCHEMA = json.loads((ROOT / "docs" / "outputs.schema.json").read_text(encoding="utf-8"))
DIFF = json.loads((ROOT / "docs" / "diff.schema.json").read_text(encoding="utf-8"))


def validate(name: str, value: Any) -> None:
    Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}).validate(value)
    definition = SCHEMA["$defs"][name]
    if "properties" in definition and isinstance(value, dict):
        # The schema allows more, for newer versions; today's outputs have just what it tells.
        assert set(value) == set(definition["properties"]), name


def test_each_round_of_watching_is_a_line(game: Path) -> None:
    command = [str(GDATA), "watch", "--format", "json"]
    with subprocess.Popen(command, cwd=game, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as watching:
        assert watching.stdout is not None
        validate("watch", json.loads(watching.stdout.readline()))
        watching.terminate()


def test_a_scaffold_tells_what_it_guessed(game: Path) -> None:
    (game / "sheets.yaml").unlink()
    shutil.rmtree(game / "protos")
    ran = run_gdata("scaffold", "sheets/items.xlsx", "--yes", "--format", "json", cwd=game)
    validate("scaffold", ran.json)


def test_every_command_writes_what_its_schema_says(game: Path, edit_csv: Callable[..., None]) -> None:
    Draft202012Validator.check_schema(SCHEMA)

    def run(name: str, *arguments: str, code: int = 0) -> None:
        validate(name, run_gdata(*arguments, "--format", "json", cwd=game, code=code).json)

    run("pull", "pull")
    run("build", "build")
    run("moved", "publish", "--yes", "-m", "first")
    edit_csv(game / "sheets/shop/ShopProduct.csv", ",1001,1,아이템,1001,5,1,250,", ",1001,1,아이템,1001,5,1,300,")
    run("build", "build")
    Draft202012Validator(DIFF).validate(run_gdata("diff", "--format", "json", cwd=game).json)
    run("moved", "publish", "--yes")
    run("moved", "promote", "dev", "staging", "--yes")
    run("moved", "rollback", "--yes")
    run_gdata("keygen", "release.pem", cwd=game)
    run("sign", "sign", "staging", "--key", "release.pem", "--yes")
    run("releases", "releases")
    run("fetch", "fetch", "dev", "--target", "client", "--into", "data")
    run("verify", "verify")
    run("repair", "repair")
    run("prune", "prune", "--dry-run")
    run("doctor", "doctor")
    run("tables", "show")
    run("rows", "show", "ItemTable", "1001")
    edit_csv(game / "sheets/shop/ShopProduct.csv", ",1001,1,아이템,1001,5,1,300,", ",1001,1,아이템,9,5,1,삼백,")
    run("build", "build", code=1)
    run("check", "check", "--clients", "csharp", code=1)
