"""What a running stage tells whoever shows its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["pull", "guess", "parse", "check", "encode", "write", "publish"]


@dataclass(frozen=True)
class Event:
    """A step of a stage: `done` of `total` (0: unknown), the name of what it was, and what there is to say."""

    stage: Stage
    name: str = ""
    done: int = 0
    total: int = 0
    note: str = ""


Listener = Callable[[Event], None]


def ignore(_: Event) -> None:
    """A listener that doesn't listen."""
