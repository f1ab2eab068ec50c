"""Every folder of tests/cases: what its sheets give, rows or problems, is what its case.yaml says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from case_files import Case, cases, open_case, parse_case
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from gdata.bundles.encode import EncodedBundle, encode_build
from gdata.config import Audience
from gdata.errors import ConfigError, SchemaError
from gdata.longbytes import LongBytes, Spool
from gdata.parsing.view import Locate, ParsedTable
from gdata.pipeline.check import check_all, views_for
from gdata.problems import Problem, has_errors
from gdata.project import Project
from gdata.tables import Parsed
from gdata.tables.result import from_bytes, to_parts


@pytest.fixture
def proto_cache(request: pytest.FixtureRequest) -> Path:
    assert request.config.cache is not None
    return request.config.cache.mkdir("gdata-protos")


@pytest.fixture(params=["in blocks", "in files", "as a whole"])
def block_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """csv sheets in blocks of few bytes, so that each case has some, in memory and in files; and as a user has them."""
    if request.param == "in blocks":
        monkeypatch.setattr("gdata.sources.grid.BLOCK_BYTES", 24)
    if request.param == "in files":
        request.getfixturevalue("long_files")
        parse = parse_case
        monkeypatch.setattr(f"{__name__}.parse_case", lambda *case: _in_files(parse(*case)))


@pytest.mark.usefixtures("block_bytes")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_case(case: Case, tmp_path: Path, proto_cache: Path) -> None:
    error = case.wanted.get("schema_error") or case.wanted.get("config_error")
    if error:
        with pytest.raises((SchemaError, ConfigError)) as raised:
            _run(open_case(case, tmp_path, proto_cache), case)
        assert error in str(raised.value), str(raised.value)
        return
    project = open_case(case, tmp_path, proto_cache)
    problems, bundles = _run(project, case)
    _compare_problems(problems, case.wanted.get("problems", []))
    for bundle in bundles:
        wanted = case.wanted.get("targets_rows", {}).get(bundle.manifest.target, case.wanted.get("rows", {}))
        for table, rows in wanted.items():
            _compare_rows(bundle, table, rows)


def _in_files(parsed: Parsed) -> Parsed:
    """The tables as they come from other processes and the cache, their rows in a file."""
    for name, table in parsed.tables.items():
        content = Spool().add(LongBytes.joined(to_parts(table)))
        locate = partial(_locate, table)
        parsed.tables[name] = from_bytes(table.plan, content, locate)
    return parsed


def _locate(table: ParsedTable, audience: Audience, _: Sequence[int]) -> Locate:
    return table.view(audience).locate


def _run(project: Project, case: Case) -> tuple[list[Problem], list[EncodedBundle]]:
    parsed = parse_case(case, project)
    problems = check_all(project, parsed, lambda _: None)
    if has_errors(problems):
        return problems, []
    targets = {one.name: (one, views_for(parsed, one.audience)) for one in project.config.targets}
    return problems, encode_build(project.schema, targets)


def _compare_problems(problems: list[Problem], wanted: list[str]) -> None:
    found = [_text(one) for one in problems]
    assert found == [text.partition(" ⊃ ")[0] for text in wanted], "\n".join(
        f"{_text(one)}: {one.message} → {one.hint}" for one in problems
    )
    for problem, text in zip(problems, wanted, strict=True):
        words = text.partition(" ⊃ ")[2]
        assert words in f"{problem.message} → {problem.hint}", f"{problem.message} → {problem.hint}"


def _text(problem: Problem) -> str:
    related = "".join(f" ~{cell.a1}" for cell in problem.related)
    place = f"{problem.cell.sheet}!{problem.cell.a1}".rstrip("!")
    return f"{problem.code} {place}{related}" + (f" @{problem.target}" if problem.target else "")


def _compare_rows(bundle: EncodedBundle, name: str, wanted: list[Any]) -> None:
    assert name in bundle.manifest.tables, f"{name} isn't in {bundle.manifest.target}"
    table = read_table(bundle, name)
    row_class = _row_class(type(table), bundle.manifest.tables[name].kind)
    expected = [json_format.ParseDict(row, row_class()) for row in wanted]
    found = _rows(table, bundle.manifest.tables[name].kind)
    assert _dicts(found) == _dicts(expected)
    assert found == expected


def _dicts(rows: list[Any]) -> list[Any]:
    return [json_format.MessageToDict(row, preserving_proto_field_name=True) for row in rows]


def read_table(bundle: EncodedBundle, name: str) -> Any:
    """A table of the bundle, read as any program would: by the bundle's schema and the table's parts."""
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(bytes(bundle.files[bundle.manifest.schema.file])).file:
        pool.AddSerializedFile(file.SerializeToString())
    entry = bundle.manifest.tables[name]
    content = b"".join(bytes(bundle.files[part.file]) for part in entry.parts)
    return GetMessageClass(pool.FindMessageTypeByName(entry.message)).FromString(content)


def _row_class(table_class: Any, kind: str) -> Any:
    if kind == "record":
        return table_class
    row = table_class.DESCRIPTOR.fields[0].message_type
    return GetMessageClass(row.fields_by_name["value"].message_type if kind == "map" else row)


def _rows(table: Any, kind: str) -> list[Any]:
    if kind == "record":
        return [table]
    rows = getattr(table, table.DESCRIPTOR.fields[0].name)
    return [rows[key] for key in sorted(rows)] if kind == "map" else list(rows)
