"""Numbers of 32 bits, which Python has only as 64."""

from __future__ import annotations

import struct


def as_float32(value: float) -> float:
    """The nearest value that 32 bits can hold, as a `float` field has it."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return value


def float32_text(value: float) -> str:
    """The shortest decimal that 32 bits read back as `value`."""
    for digits in range(6, 9):
        text = f"{value:.{digits}g}"
        if as_float32(float(text)) == value:
            return repr(float(text)).removesuffix(".0")
    return repr(float(f"{value:.9g}")).removesuffix(".0")
