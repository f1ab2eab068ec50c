"""XML that another tool defines its tables in: tags with the lines that they stand in.

A definition needs no entity and no document type; files that have one are refused, since a few lines of them can
stand for gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from gdata.errors import ConfigError
from gdata.language import sentence

_DEEPEST = 100
"""So many tags in one another are definitions."""


@dataclass
class Tag:
    """One tag: its attributes, and the tags in it."""

    path: Path
    line: int
    name: str
    attributes: dict[str, str]
    tags: list[Tag] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        """An attribute, "" where there is none."""
        return self.attributes.get(name, "").strip()

    def each(self, name: str) -> Iterator[Tag]:
        """The tags of this name that stand in it."""
        return (tag for tag in self.tags if tag.name == name)


def read_tags(path: Path) -> Tag:
    """The outermost tag of a file.

    Raises:
        ConfigError: it is no XML, or has a document type; with the line.
    """
    outermost = Tag(path, 0, "", {})
    opened = [outermost]
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(opened) > _DEEPEST:
            raise ConfigError(
                sentence("{place}: more than {count} tags in one another", place=_place(parser, path), count=_DEEPEST),
                hint=sentence("mend the file, or take it out of its folder"),
            )
        tag = Tag(path, parser.CurrentLineNumber, name, attributes)
        opened[-1].tags.append(tag)
        opened.append(tag)

    def refuse(*_: object) -> None:
        raise ConfigError(
            sentence("{place}: a document type, which definitions need none of", place=_place(parser, path)),
            hint=sentence("delete <!DOCTYPE …> and the entities in it"),
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: opened.pop()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(path.read_bytes(), True)
    except OSError as error:
        raise ConfigError(sentence("{path}: can't be read: {why}", path=path, why=error.strerror)) from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        # An encoding that nobody knows is a LookupError.
        raise ConfigError(
            sentence("{place}: no XML: {error}", place=_place(parser, path), error=error),
            hint=sentence("mend the file, or take it out of its folder"),
        ) from None
    return outermost.tags[0]


def _place(parser: expat.XMLParserType, path: Path) -> str:
    return f"{path}:{parser.CurrentLineNumber}"
