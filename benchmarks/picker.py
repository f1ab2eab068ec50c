"""What a weighted draw costs, beside numpy's `Generator.choice(p=…)` and `random.choices`: microseconds of CPU a draw.

    python benchmarks/picker.py [--rows 10,100,10000] [--draws 20000]

numpy isn't among gdata's dependencies: install it to compare. The three are drawn in turns, the best of five counts.
numpy is quickest at thousands of draws in one call, which are given beside it.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

from gdata.bundles.picker import Picker


def best(calls: dict[str, Callable[[], Any]], draws: int) -> dict[str, float]:
    """Of each way the fewest microseconds a draw."""
    found: dict[str, float] = {}
    for _ in range(5):
        for name, call in calls.items():
            start = time.process_time()
            call()
            took = (time.process_time() - start) / draws * 1e6
            found[name] = min(took, found.get(name, took))
    return found


def compare(rows: int, draws: int) -> None:
    weights = [1 + number % 17 for number in range(rows)]
    items = [f"item {number}" for number in range(rows)]
    picker = Picker(items, weights, random.Random(1), name="benchmark")
    calls: dict[str, Callable[[], Any]] = {
        "picker.pick()": lambda: [picker.pick() for _ in range(draws)],
        "picker.picks(n)": lambda: picker.picks(draws),
        "random.choices": lambda: [random.choices(items, weights)[0] for _ in range(draws)],
    }
    try:
        import numpy
    except ImportError:
        print("numpy isn't installed: compared with random.choices alone")
    else:
        generator = numpy.random.default_rng(1)
        shares = numpy.array(weights) / sum(weights)
        calls["numpy choice(p=…)"] = lambda: [items[generator.choice(rows, p=shares)] for _ in range(draws)]
        calls["numpy choice(n, p=…)"] = lambda: [items[at] for at in generator.choice(rows, draws, p=shares)]
    found = best(calls, draws)
    one = found["picker.pick()"]
    print(f"{rows:,} rows: " + " · ".join(f"{name} {took:.2f} µs ({took / one:.1f})" for name, took in found.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="10,100,10000")
    parser.add_argument("--draws", type=int, default=20_000)
    options = parser.parse_args()
    for rows in options.rows.split(","):
        compare(int(rows), options.draws)


if __name__ == "__main__":
    main()
