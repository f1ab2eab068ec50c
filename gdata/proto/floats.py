"""Numbers of 32 bits, which Python has only as 64."""

from __future__ import annotations

import struct


def as_float32(value: float) -> float:
    """The nearest value that 32 bits can hold, as a `float` field has it."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return value


def shortest_float32(value: float) -> float:
    """The number with the fewest digits that 32 bits read back as `value`: 0.1, not 0.10000000149."""
    for digits in range(6, 9):
        shortest = float(f"{value:.{digits}g}")
        if as_float32(shortest) == value:
            return shortest
    return float(f"{value:.9g}")


def float32_text(value: float) -> str:
    """The same as text."""
    return repr(shortest_float32(value)).removesuffix(".0")
