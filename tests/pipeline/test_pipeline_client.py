"""What a client's folder may not hold: the sample game's hidden names, comments, labels and values, byte by byte."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from gdata.bundles.encode import sees_table
from gdata.bundles.manifest import Manifest
from gdata.config import Target
from gdata.project import Project, open_project, read_config
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.schema.strip import Visibility

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample game, built."""
    folder = tmp_path_factory.mktemp("sample")
    for name in ("protos", "sheets", "checks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "sheets.yaml", folder)
    build_sample(folder, "0")
    return folder


def build_sample(folder: Path, hash_seed: str) -> None:
    command = [sys.executable, "-c", "from gdata.cli.main import main; main()", "build", "--quiet"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def client_bytes(sample: Path) -> bytes:
    return b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in (sample / "output/client").iterdir())


def test_no_hidden_name_in_the_clients_folder(sample: Path) -> None:
    project = open_project(read_config(sample / "sheets.yaml"))
    client = next(one for one in project.config.targets if one.name == "client")
    shown, hidden = _names(project, client)
    content = client_bytes(sample)
    assert len(hidden - shown) > 50
    # A name that is part of a visible one (`rate` in `rates`) would be found without being there.
    searched = {name for name in hidden - shown if not any(name in other for other in shown)}
    found = [name for name in searched if re.search(rb"(?<![A-Za-z0-9_])%s(?![A-Za-z0-9_])" % name.encode(), content)]
    # What stands in visible texts (an icon called boss.png) is no leak of the schema.
    texts = b"\0".join(path.read_bytes() for path in (sample / "output/client").glob("*Table-*.binpb"))
    assert [name for name in found if name.encode() not in texts] == []


def _names(project: Project, client: Target) -> tuple[set[str], set[str]]:
    """Names of tables, messages, fields and header texts that the client sees, and those that it doesn't."""
    plans = {plan for plan in project.plans.values() if sees_table(client, plan)}
    visible = Visibility(project.schema, plans, client.groups)
    shown: set[str] = set()
    hidden: set[str] = set()
    for plan in project.plans.values():
        (shown if plan in plans else hidden).add(plan.name)
        for field in _fields(plan.row, set()):
            sees = plan in plans and not visible.hides(field.descriptor)
            (shown if sees else hidden).add(field.name)
            hidden.update(text for text in field.columns if len(text) > 3)
    kept = FileDescriptorSet.FromString(_schema_bytes(project.config.output / "client"))
    shown |= {field.name for file in kept.file for message in file.message_type for field in message.field}
    return shown, hidden


def _fields(message: MessagePlan, seen: set[str]) -> Iterator[FieldPlan]:
    if message.name not in seen:
        seen.add(message.name)
        for field in message.fields:
            yield field
            if field.message is not None:
                yield from _fields(field.message, seen)


def _schema_bytes(folder: Path) -> bytes:
    manifest = Manifest.from_bytes((folder / "manifest.json").read_bytes())
    return (folder / manifest.schema.file).read_bytes()


def test_no_comment_and_no_option_in_any_folder(sample: Path) -> None:
    comments = {
        comment.strip()
        for path in (sample / "protos").rglob("*.proto")
        for comment in re.findall(r"//(.{12,})", path.read_text(encoding="utf-8"))
    }
    assert len(comments) > 50
    for target in ("server", "client", "server-jp"):
        schema = _schema_bytes(sample / "output" / target)
        assert [comment for comment in comments if comment.encode() in schema] == []
        assert b"gdata/options.proto" not in schema and b"buf/validate" not in schema
        files = FileDescriptorSet.FromString(schema).file
        assert not any(file.HasField("source_code_info") for file in files)


def test_hidden_values_stay_on_the_server(tmp_path: Path) -> None:
    (tmp_path / "protos").mkdir()
    (tmp_path / "protos" / "t.proto").write_text(
        'syntax = "proto3"; package t; import "gdata/options.proto";\n'
        "enum Secret { SECRET_NONE = 0; SECRET_PLAN = 1 [(gdata.value).label = \"labelplan\"]; }\n"
        "message Deep { Secret secretkind = 1; string open = 2 [(gdata.field).groups = \"client\"]; }\n"
        "message Item { reserved 9; reserved \"oldsecret\"; // commentsecret\n"
        " int32 id = 1 [(gdata.field) = {key: true, groups: \"client\"}];\n"
        " string hiddenname = 2 [(gdata.field) = {column: \"columnsecret\", default: \"defaultsecret\"}];\n"
        " Deep deep = 3 [(gdata.field).groups = \"client\"];\n"
        " oneof hiddenoneof { string alpha = 4; string beta = 5; }\n"
        " Secret kept = 6 [(gdata.field).groups = \"client\"]; }\n"
        "message ItemTable { option (gdata.table).groups = \"client\"; repeated Item rows = 1; }\n"
        "message HiddenTable { repeated Item rows = 1; }\n"
    )  # fmt: skip
    (tmp_path / "Item.csv").write_text(
        "id,columnsecret,deep.secretkind,deep.open,alpha,beta,kept\n1,valuesecret,labelplan,yes,alphasecret,,labelplan\n"
    )
    (tmp_path / "sheets.yaml").write_text(
        "version: 1\nspreadsheets: {game: {path: ., sheets: {Item: [t.ItemTable, t.HiddenTable]}}}\n"
        "targets: {server: {}, client: {groups: [client], format: json}}\n"
    )
    build_sample(tmp_path, "0")
    content = client_bytes(tmp_path)
    for secret in (
        b"hiddenname", b"columnsecret", b"defaultsecret", b"valuesecret", b"secretkind", b"labelplan", b"oldsecret",
        b"hiddenoneof", b"alpha", b"beta", b"commentsecret", b"HiddenTable",
    ):  # fmt: skip
        assert secret not in content, secret
    assert b"SECRET_PLAN" in content and b"yes" in content


def test_hash_seeds_change_no_byte(sample: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(sample, again, ignore=shutil.ignore_patterns("output", ".gdata"))
    build_sample(again, "4711")
    assert _files(sample / "output") == _files(again / "output")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_python_code_of_the_bundles_schema_reads_its_tables(sample: Path, tmp_path: Path) -> None:
    folder, manifest, names = _client(sample)
    generated = tmp_path / "python"
    generated.mkdir()
    _run(
        [sys.executable, "-m", "grpc_tools.protoc", *_schema_of(folder, manifest), f"--python_out={generated}", *names]
    )
    script = (
        f"import sys; sys.path.insert(0, {str(generated)!r})\n"
        f"from {_home(folder).removesuffix('.proto').replace('/', '.')}_pb2 import ItemTable\n"
        f"print(len(ItemTable.FromString(open({_table(folder, manifest)!r}, 'rb').read()).rows))"
    )
    assert _run([sys.executable, "-c", script]) == str(manifest.tables["ItemTable"].rows)


@pytest.mark.skipif(shutil.which("protoc") is None, reason="needs protoc with its code generators")
@pytest.mark.parametrize("language", ["cpp", "csharp", "java", "kotlin"])
def test_code_of_the_bundles_schema(sample: Path, tmp_path: Path, language: str) -> None:
    folder, manifest, names = _client(sample)
    _run(["protoc", *_schema_of(folder, manifest), f"--{language}_out={tmp_path}", *names])
    assert any(path.is_file() for path in tmp_path.rglob("*"))


@pytest.mark.slow  # compiling takes half a minute, and the one in docs/recipes/cpp.md is compiled each time
@pytest.mark.skipif(
    not all(map(shutil.which, ("protoc", "g++", "pkg-config")))
    or subprocess.run(["pkg-config", "--exists", "protobuf"], check=False).returncode != 0,
    reason="needs protoc, g++ and protobuf's headers",
)
def test_cpp_reads_the_tables(sample: Path, tmp_path: Path) -> None:
    folder, manifest, names = _client(sample)
    _run(["protoc", *_schema_of(folder, manifest), f"--cpp_out={tmp_path}", *names])
    home = _home(folder).removesuffix(".proto")
    package = manifest.tables["ItemTable"].message.replace(".", "::")
    (tmp_path / "main.cc").write_text(
        f'#include "{home}.pb.h"\n#include <fstream>\n#include <iostream>\n'
        f"int main(int, char** names) {{ {package} table; std::ifstream file(names[1], std::ios::binary);\n"
        "  if (!table.ParseFromIstream(&file)) return 1; std::cout << table.rows_size(); }\n"
    )
    sources = [str(path) for path in tmp_path.rglob("*.pb.cc")]
    flags = _run(["pkg-config", "--cflags", "--libs", "protobuf"]).split()
    program = str(tmp_path / "read")
    _run(["g++", "-O0", f"-I{tmp_path}", str(tmp_path / "main.cc"), *sources, "-o", program, *flags])
    assert _run([program, _table(folder, manifest)]) == str(manifest.tables["ItemTable"].rows)


def _client(sample: Path) -> tuple[Path, Manifest, list[str]]:
    folder = sample / "output" / "client"
    names = [file.name for file in FileDescriptorSet.FromString(_schema_bytes(folder)).file]
    ours = [name for name in names if not name.startswith("google/")]
    return folder, Manifest.from_bytes((folder / "manifest.json").read_bytes()), ours


def _schema_of(folder: Path, manifest: Manifest) -> list[str]:
    return [f"--descriptor_set_in={folder / manifest.schema.file}"]


def _home(folder: Path) -> str:
    files = FileDescriptorSet.FromString(_schema_bytes(folder)).file
    return next(file.name for file in files if any(message.name == "ItemTable" for message in file.message_type))


def _table(folder: Path, manifest: Manifest) -> str:
    return str(folder / manifest.tables["ItemTable"].parts[0].file)


def _run(command: list[str]) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()
