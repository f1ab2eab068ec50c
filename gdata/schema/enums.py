"""What enums and versions in a schema mean: labels, what to suggest for a value, and from when to when something is."""

from __future__ import annotations

import re
from typing import Any

from gdata.errors import SchemaError
from gdata.language import sentence
from gdata.proto.descriptors import OptionReader, SourceLines
from gdata.text import fold
from gdata.versions import ALWAYS, Span, Version, nearest_version


class EnumReader:
    """What the options of enums say, each enum's labels read once."""

    def __init__(self, options: OptionReader, places: SourceLines) -> None:
        self._options = options
        self._places = places
        self._labels: dict[str, dict[str, int]] = {}

    def choices(self, enum: Any) -> dict[int, str]:
        """What to suggest for each value: its first label, as the .proto file writes it, else its name."""
        choices: dict[int, str] = {}
        for value in enum.values:
            options = self._options.of_enum_value(value)
            choices.setdefault(value.number, options.label[0] if options and options.label else value.name)
        return choices

    def spans(self, enum: Any) -> dict[int, Span]:
        """In which versions there are those values that aren't in all."""
        spans: dict[int, Span] = {}
        for value in enum.values:
            name = f"{enum.full_name}.{value.name}"
            span = read_span(self._options.of_enum_value(value), name, self._places)
            if span == ALWAYS:
                continue
            if value.index == 0:
                raise SchemaError(
                    sentence(
                        "{place}: {name} is what the enum {enum} is where nothing is set, so it can't begin or end "
                        "with a version",
                        place=self._places.of(name),
                        name=name,
                        enum=enum.name,
                    ),
                    hint=sentence("put a value that is in all versions first"),
                )
            spans[value.number] = span
        # A number that another name has for ever is there for ever.
        lasting = {value.number for value in enum.values if self._options.of_enum_value(value) is None}
        return {number: span for number, span in spans.items() if number not in lasting}

    def labels(self, enum: Any) -> dict[str, int]:
        """Every folded text that means a value of `enum`: its name, that without the enum's prefix, its labels."""
        known = self._labels.get(enum.full_name)
        if known is not None:
            return known
        prefix = fold(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum.name)) + "_"
        labels: dict[str, int] = {}
        for value in enum.values:
            name = fold(value.name)
            options = self._options.of_enum_value(value)
            texts = [name, name.removeprefix(prefix), *(fold(label) for label in (options.label if options else ()))]
            for text in texts:
                if labels.setdefault(text, value.number) != value.number:
                    raise SchemaError(
                        sentence(
                            "{place}: {text} means two values of {enum}",
                            place=self._places.of(f"{enum.full_name}.{value.name}"),
                            text=repr(text),
                            enum=enum.full_name,
                        ),
                        hint=sentence(
                            "labels and names are compared without regard to case, blanks, - and _; change one"
                        ),
                    )
        self._labels[enum.full_name] = labels
        return labels


def read_span(options: Any, name: str, places: SourceLines) -> Span:
    """The versions that `since` and `until` of some options say; `name` is the full name of what they are of.

    Raises:
        SchemaError: one is no version, or there is none between them.
    """
    if options is None or not (options.since or options.until):
        return ALWAYS
    place = places.of(name)
    bounds: dict[str, Version | None] = {}
    for word, text in (("since", options.since), ("until", options.until)):
        bounds[word] = Version.read(text)
        if text and bounds[word] is None:
            meant = nearest_version(text) or "1.5"
            raise SchemaError(
                sentence(
                    "{place}: {word} {text} of {name} isn't a version", place=place, word=word, text=text, name=name
                ),
                hint=sentence('write it as numbers with dots: {word} = "{meant}"', word=word, meant=meant),
            )
    span = Span(bounds["since"], bounds["until"])
    if span.is_empty:
        raise SchemaError(
            sentence(
                "{place}: {name} would be in no version: it ends with {until}, which isn't after {since}, where it "
                "begins",
                place=place,
                name=name,
                until=span.until,
                since=span.since,
            ),
            hint=sentence("write a later version after `until`, or delete it"),
        )
    return span
