"""The gate's word on changed schemas, held against generated code of the old schema that reads the new bytes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from schemachanges import Row, Schema, as_dict, change_schema, had_values, make_rows, make_schema, verdicts

from gdata.config import Gate
from gdata.diffs.compare import compare
from gdata.diffs.gate import GateVerdict, judge
from gdata.diffs.model import Side
from gdata.testing.bundles import Contents, memory_output

PYTHON_READER = """
import importlib, json, sys

def dumped(message):
    found = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.message_type and field.message_type.GetOptions().map_entry:
            found[field.name] = {str(key): one(value[key]) for key in value}
        elif field.is_repeated:
            found[field.name] = [one(each) for each in value]
        elif field.message_type is None or message.HasField(field.name):
            found[field.name] = one(value)
    return found

def one(value):
    if hasattr(value, "DESCRIPTOR"):
        return dumped(value)
    return value.encode().hex() if isinstance(value, str) else value.hex() if isinstance(value, bytes) else value

for line in sys.stdin:
    package, content = line.split()
    table = importlib.import_module(f"{package}_pb2").ItemTable()
    try:
        table.ParseFromString(bytes.fromhex(content.removeprefix("x")))
        print(json.dumps([dumped(row) for row in table.rows]))
    except Exception as error:
        print("null")
"""


CPP_READER = r"""
#include <cstdio>
#include <iostream>
#include <string>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
using namespace google::protobuf;
typedef FieldDescriptor F;

std::string hex(const std::string& text) {
  std::string found = "\"";
  char two[3];
  for (unsigned char one : text) { snprintf(two, 3, "%02x", one); found += two; }
  return found + "\"";
}
std::string real(double value) { char text[40]; snprintf(text, 40, "%.17g", value); return text; }
std::string dumped(const Message& message);

std::string one(const Message& m, const F* f, int at) {
  const Reflection* r = m.GetReflection();
  bool many = f->is_repeated();
  switch (f->cpp_type()) {
#define CASE(KIND, NAME, SHOW) case F::CPPTYPE_##KIND: { \
    auto value = many ? r->GetRepeated##NAME(m, f, at) : r->Get##NAME(m, f); return SHOW; }
    CASE(INT32, Int32, std::to_string(value)) CASE(INT64, Int64, std::to_string(value))
    CASE(UINT32, UInt32, std::to_string(value)) CASE(UINT64, UInt64, std::to_string(value))
    CASE(DOUBLE, Double, real(value)) CASE(FLOAT, Float, real(value))
    CASE(BOOL, Bool, value ? "true" : "false") CASE(ENUM, EnumValue, std::to_string(value))
    CASE(STRING, String, hex(value))
    default: return dumped(many ? r->GetRepeatedMessage(m, f, at) : r->GetMessage(m, f));
  }
}

std::string dumped(const Message& message) {
  const Descriptor* type = message.GetDescriptor();
  std::string found = "{";
  for (int index = 0; index < type->field_count(); index++) {
    const F* f = type->field(index);
    if (!f->is_repeated() && f->message_type() && !message.GetReflection()->HasField(message, f)) continue;
    std::string value;
    if (!f->is_repeated()) {
      value = one(message, f, 0);
    } else {
      for (int at = 0; at < message.GetReflection()->FieldSize(message, f); at++) {
        if (at) value += ", ";
        if (!f->is_map()) { value += one(message, f, at); continue; }
        const Message& entry = message.GetReflection()->GetRepeatedMessage(message, f, at);
        const Descriptor* pair = entry.GetDescriptor();
        std::string key = entry.GetReflection()->GetString(entry, pair->field(0));
        value += "\"" + key + "\": " + one(entry, pair->field(1), 0);
      }
      value = (f->is_map() ? "{" : "[") + value + (f->is_map() ? "}" : "]");
    }
    found += (found.size() > 1 ? ", \"" : "\"") + std::string(f->name()) + "\": " + value;
  }
  return found + "}";
}

int main() {
  std::string package, content;
  while (std::cin >> package >> content) {
    std::string bytes;
    for (size_t at = 1; at + 1 < content.size(); at += 2) bytes += (char)std::stoi(content.substr(at, 2), nullptr, 16);
    const Descriptor* type = DescriptorPool::generated_pool()->FindMessageTypeByName(package + ".ItemTable");
    Message* table = MessageFactory::generated_factory()->GetPrototype(type)->New();
    if (!table->ParseFromString(bytes)) { std::cout << "null" << std::endl; continue; }
    const F* rows = type->field(0);
    std::string found;
    for (int at = 0; at < table->GetReflection()->FieldSize(*table, rows); at++)
      found += (at ? ", " : "") + dumped(table->GetReflection()->GetRepeatedMessage(*table, rows, at));
    std::cout << "[" << found << "]" << std::endl;
  }
}
"""


@dataclass(frozen=True)
class Case:
    package: str
    old: Schema
    new: Schema
    changes: list[str]
    old_rows: list[Row]
    new_rows: list[Row]
    verdict: GateVerdict
    content: bytes
    """The new table."""

    @property
    def changes_a_map(self) -> bool:
        """Whether a map's values got another type: of an entry that doesn't fit, C++ keeps the key and upb nothing."""
        types = {one.uid: one.type for one in (*self.new.fields, *self.new.part)}
        maps = [one for one in (*self.old.fields, *self.old.part) if one.label == "map"]
        return any(types.get(one.uid, one.type) != one.type for one in maps)

    def expected(self, read: list[dict[str, Any]] | None) -> tuple[bool, bool]:
        """Whether the gate must block, and whether it must say anything, by what generated code `read`."""
        if self.new_rows and self.old.key != self.new.key:
            return True, True
        if had_values(self.old, self.new, self.old_rows) or read is None or len(read) != len(self.new_rows):
            return True, True
        found = [
            one
            for row, seen in zip(self.new_rows, read, strict=True)
            for one in verdicts(self.old, self.new, row, seen)
        ]
        return "wrong" in found, bool(found)


def make_case(seed: int) -> Case:
    rng, package = Random(seed), f"case{seed}"
    old = make_schema(rng)
    new, changes = change_schema(old, rng)
    rows = make_rows(old, rng), make_rows(new, rng)
    sides = [_side(schema, ones, package) for schema, ones in zip((old, new), rows, strict=True)]
    verdict = judge(compare(*sides), Gate())
    return Case(package, old, new, changes, *rows, verdict, sides[1].bundles["server"].table("ItemTable"))


def _side(schema: Schema, rows: list[Row], package: str) -> Side:
    dicts = [
        {"id": number, "code": 100 - number, **as_dict(schema, schema.fields, row)}
        for number, row in enumerate(rows, 1)
    ]
    contents = Contents({f"{package}.proto": schema.text(package)}, {"ItemTable": dicts}, {"ItemTable": (schema.key,)})
    return Side("side", None, memory_output({"server": contents}))


def write_protos(cases: list[Case], folder: Path) -> list[str]:
    for case in cases:
        (folder / f"{case.package}.proto").write_text(case.old.text(case.package), encoding="utf-8")
    return [f"{case.package}.proto" for case in cases]


def read_by_python(cases: list[Case], folder: Path) -> list[Any]:
    names = write_protos(cases, folder)
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", "-I.", "--python_out=.", *names], cwd=folder, check=True)
    return ask([sys.executable, "-c", PYTHON_READER], cases, folder)


def read_by_cpp(cases: list[Case], folder: Path) -> list[Any]:
    names = write_protos(cases, folder)
    subprocess.run(["protoc", "-I.", "--cpp_out=.", *names], cwd=folder, check=True)
    # In one file, so that protobuf's headers are compiled once.
    whole = "".join(map(_included, cases)) + CPP_READER
    (folder / "reader.cc").write_text(whole, encoding="utf-8")
    subprocess.run(["g++", "-O0", "-o", "reader", "reader.cc", "-lprotobuf", "-lpthread"], cwd=folder, check=True)
    return ask(["./reader"], cases, folder)


def _included(case: Case) -> str:
    names = ("schemas", "file_default_instances")
    defined = "".join(f"#define {name} {name}_{case.package}\n" for name in names)
    return f'{defined}#include "{case.package}.pb.cc"\n' + "".join(f"#undef {name}\n" for name in names)


def ask(reader: list[str], cases: list[Case], folder: Path) -> list[Any]:
    asked = "".join(f"{case.package} x{case.content.hex()}\n" for case in cases)
    done = subprocess.run(reader, cwd=folder, input=asked, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def hold(cases: list[Case], reads: list[Any]) -> None:
    for case, read in zip(cases, reads, strict=True):
        blocks, tells = case.expected(read)
        said = [one.message for one in case.verdict.violations]
        assert (not case.verdict.passed, bool(said)) == (blocks, tells), (case.package, case.changes, said, read)


def test_generated_python_of_the_old_schema_is_the_judge(tmp_path: Path) -> None:
    cases = list(map(make_case, range(60)))
    hold(cases, read_by_python(cases, tmp_path))


@pytest.mark.slow
def test_generated_python_judges_many_more(tmp_path: Path) -> None:
    cases = list(map(make_case, range(60, 600)))
    hold(cases, read_by_python(cases, tmp_path))


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("g++") and shutil.which("protoc")), reason="needs g++ and protoc")
def test_generated_cpp_of_the_old_schema_is_the_judge_too(tmp_path: Path) -> None:
    cases = [case for case in map(make_case, range(1000, 1016)) if not case.changes_a_map]
    hold(cases, read_by_cpp(cases, tmp_path))
