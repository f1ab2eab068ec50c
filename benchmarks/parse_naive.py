"""The naive way, to compare with: the csv module, `json_format.ParseDict` row by row, one process.

Run as `python benchmarks/parse_naive.py PROJECT`; the project's .proto files must be compiled already.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from gdata.files import unseal

INTEGERS = {"id", "price", "exp", "stack", "category"}
FLOATS = {"rate", "weight"}


def main(folder: Path) -> None:
    pool = DescriptorPool()
    (descriptors,) = (folder / ".gdata").glob("descriptors-*.binpb")
    content = unseal(descriptors.read_bytes(), descriptors.stem.removeprefix("descriptors-"))
    for file in FileDescriptorSet.FromString(bytes(content or b"")).file:
        pool.AddSerializedFile(file.SerializeToString())
    output = folder / "naive"
    output.mkdir(exist_ok=True)
    for path in (folder / "sheets").glob("*.csv"):
        number = path.stem.removeprefix("Table")
        table: Any = GetMessageClass(pool.FindMessageTypeByName(f"bench.{path.stem}"))()
        with path.open(newline="", encoding="utf-8") as lines:
            reader = csv.reader(lines)
            names = next(reader)
            for cells in reader:
                row = {name: convert(name, cell, number) for name, cell in zip(names, cells, strict=True)}
                json_format.ParseDict(row, table.rows.add())
        (output / f"{path.stem}.binpb").write_bytes(table.SerializeToString())


def convert(name: str, cell: str, number: str) -> object:
    if name in INTEGERS:
        return int(cell)
    if name in FLOATS:
        return float(cell)
    if name == "enabled":
        return cell == "TRUE"
    return f"GRADE{number}_{cell}" if name == "grade" else cell


if __name__ == "__main__":
    main(Path(sys.argv[1]))
