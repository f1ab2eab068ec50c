"""Generated classes that are narrower than the data: whether each value fits them all the same.

A class's `int32` reads an `int64` as long as the value has 32 bits; another value it would cut without a word. The gate
lets such a release pass by its values, so a server looks at them too, and only where a type is narrower.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError, Message

from gdata.errors import UsageError
from gdata.language import sentence
from gdata.proto.descriptors import is_map

Pair = tuple[str, str]
"""Full names of a message of the data, and of the class that reads it."""

_VARINTS = frozenset(["int32", "int64", "uint32", "uint64", "bool", "enum"])
_SAME_WIRE = (_VARINTS, frozenset(["sint32", "sint64"]), frozenset(["fixed32", "sfixed32"]))
"""Types that are read as each other without an error: the value tells whether it is the same."""


def may_fit(ours: str, theirs: str) -> bool:
    """Whether a class's type reads some values of the data's as they are."""
    return any(ours in types and theirs in types for types in _SAME_WIRE)


@dataclass
class NarrowFields:
    """The fields of two schemas that have to be compared by value, and the way to them."""

    fields: dict[Pair, list[tuple[Any, Any]]] = field(default_factory=dict)
    """By message: the fields (their descriptors) that are narrower in the class."""
    inner: dict[Pair, list[tuple[Any, Any, Pair]]] = field(default_factory=dict)
    """By message: the fields that hold messages, and which pair these are."""

    def prune(self) -> None:
        """Forget the ways that lead to no narrower field."""
        wanted = set(self.fields)
        while more := {at for at, ways in self.inner.items() if any(to in wanted for *_, to in ways)} - wanted:
            wanted |= more
        kept = {at: [way for way in ways if way[2] in wanted] for at, ways in self.inner.items()}
        self.inner = {at: ways for at, ways in kept.items() if ways}


@dataclass(frozen=True)
class NarrowTable:
    """A table whose class is narrower than its data."""

    made: type[Message]
    own: type[Message]
    narrow: NarrowFields

    def check(self, contents: Iterable[bytes], place: str) -> None:
        """Compare what the class reads with what the data is.

        Raises:
            UsageError: a value doesn't fit.
        """
        pair = self.made.DESCRIPTOR.full_name, self.own.DESCRIPTOR.full_name
        for content in contents:
            try:
                wrong = next(self._differing(self.made.FromString(content), self.own.FromString(content), pair), None)
            except DecodeError as error:
                wrong = str(error)
            if wrong is not None:
                raise UsageError(
                    sentence(
                        "types=: {module} doesn't fit {place}: {why}",
                        module=self.own.__module__,
                        place=place,
                        why=wrong,
                    ),
                    hint=sentence("generate the classes again from the .proto files that this data was built with"),
                )

    def _differing(self, data: Any, own: Any, pair: Pair) -> Iterator[str]:
        for theirs, ours in self.narrow.fields.get(pair, ()):
            value, read = _plain(getattr(data, theirs.name)), _plain(getattr(own, ours.name))
            if ours.is_repeated and not theirs.is_repeated:
                value = [value] if data.HasField(theirs.name) or value else []
            if value != read:
                yield f"{ours.full_name} = {value!r} → {read!r}"
        for theirs, ours, inner in self.narrow.inner.get(pair, ()):
            for one, other in _messages(data, theirs, own, ours):
                yield from self._differing(one, other, inner)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return value if isinstance(value, int | str | bytes) else list(value)


def _messages(data: Any, theirs: Any, own: Any, ours: Any) -> Iterator[tuple[Any, Any]]:
    """The messages in a field, side by side."""
    value, read = getattr(data, theirs.name), getattr(own, ours.name)
    if is_map(theirs):
        yield from ((value[key], read[key]) for key in value)
    elif theirs.is_repeated:
        yield from zip(value, read, strict=True)
    elif data.HasField(theirs.name):
        yield value, read[0] if ours.is_repeated else read
