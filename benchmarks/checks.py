"""How fast checks run: a million right rows, and a sheet with 300,000 violations.

    python benchmarks/checks.py [--rows 1000000] [--violations 300000] [--runs 3]

The table has 12 columns, a key, two references (one to itself, one to a second table) and seven constraints on
fields. Every figure comes from a process of its own and one core; times are the best of the runs. The baseline
is the same work written plainly: one call of protovalidate a row, a dict for the keys, a lookup a reference.
Its rate changes with the machine; the ratio to it doesn't.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from typing import Any

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
import "buf/validate/validate.proto";
message Kind { int32 id = 1 [(gdata.field).key = true]; }
message KindTable { repeated Kind rows = 1; }
message Item {
  RULE
  int32 id = 1 [(gdata.field).key = true, (buf.validate.field).int32.gt = 0];
  string name = 2 [(buf.validate.field).string.min_len = 1];
  int32 price = 3 [(buf.validate.field).int32 = {gte: 0, lte: 1000000}];
  int32 sell = 4 [(buf.validate.field).int32.gte = 0];
  int32 kind = 5 [(gdata.field).ref = {table: "KindTable"}];
  int32 next = 6 [(gdata.field).ref = {table: "ItemTable" none: "0"}];
  int32 grade = 7 [(buf.validate.field).int32.lte = 10];
  double rate = 8 [(buf.validate.field).double = {gte: 0, lte: 1}];
  string icon = 9;
  bool tradable = 10;
  int64 exp = 11;
  int32 level = 12 [(buf.validate.field).int32.lte = 999];
}
message ItemTable { repeated Item rows = 1; }
"""
RULE = """option (buf.validate.message).cel = {
  id: "item.sell", message: "sells above its price", expression: "this.sell <= this.price"
};"""


def make_views(count: int, *, wrong: int = 0, rule: str = "") -> tuple[Any, Any]:
    from gdata.testing.views import build_schema, build_views

    rows = [
        {
            "id": number + 1,
            "name": f"item {number}",
            "price": 5 + number % 1000 if number >= wrong else -5,
            "sell": number % 5,
            "kind": number % 500,
            "next": (number * 7919) % count + 1,
            "grade": number % 7,
            "rate": (number % 8) / 8,
            "icon": f"icon_{number % 300}",
            "tradable": number % 3 == 0,
            "exp": number * 1000,
            "level": number % 100,
        }
        for number in range(count)
    ]
    schema = build_schema(PROTO.replace("RULE", rule))
    return schema, build_views(schema, {"ItemTable": rows, "KindTable": [{"id": number} for number in range(500)]})


def run_checks(schema: Any, views: Any) -> int:
    from gdata.checks.run import Checks

    checks = Checks(schema, {name: view.plan for name, view in views.items()})
    found = [problem for view in views.values() for problem in checks.check_table(view)]
    return len(found) + len(checks.check_together(views, found))


def run_plainly(_: Any, views: Any) -> int:
    import protovalidate

    validator = protovalidate.Validator()
    found = 0
    kinds = {row.id: row for row in views["KindTable"].rows}
    items: dict[int, Any] = {}
    for row in views["ItemTable"].rows:
        found += row.id in items
        items[row.id] = row
    for row in views["ItemTable"].rows:
        found += len(validator.collect_violations(row))
        found += row.kind not in kinds
        found += row.next != 0 and row.next not in items
    return found


CASES = {
    "plain": (run_plainly, {}),
    "checks": (run_checks, {}),
    "plain, with a rule over the row": (run_plainly, {"rule": RULE}),
    "checks, with a rule over the row": (run_checks, {"rule": RULE}),
}


def measure(case: str, rows: int, wrong: int) -> dict[str, float]:
    """In this process: seconds, findings, and MiB beyond those of the rows."""
    run, options = CASES[case]
    schema, views = make_views(rows, wrong=wrong, **options)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    found = run(schema, views)
    seconds = time.perf_counter() - started
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"seconds": seconds, "found": found, "memory": memory}


def best(case: str, rows: int, wrong: int, runs: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--case", case, "--rows", str(rows), "--violations", str(wrong)]
    found = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(runs)]
    return dict(min(found, key=lambda one: one["seconds"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--violations", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(arguments.case, arguments.rows, arguments.violations)))
        return
    baseline = 0.0
    for case in CASES:
        one = best(case, arguments.rows, 0, arguments.runs)
        rate = arguments.rows / one["seconds"]
        baseline = rate if case.startswith("plain") else baseline
        print(f"{case:34} {one['seconds']:6.2f} s  {rate:11,.0f} rows/s  {rate / baseline:5.2f} × the plain way")
    one = best("checks", arguments.violations, arguments.violations, 1)
    print(
        f"{arguments.violations:,} violations: {one['seconds']:.1f} s, {one['memory']:,.0f} MiB, {one['found']:,} found"
    )


if __name__ == "__main__":
    main()
