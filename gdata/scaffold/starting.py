"""A small working project, to start from and to learn from: its files lie in `templates/project`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gdata.errors import UsageError
from gdata.files import write_atomically
from gdata.language import sentence

TEMPLATE = Path(__file__).parent / "templates" / "project"
_DOT = "dot-"
"""Begins the template's name of what begins with a dot: packagers and git leave those alone that don't."""


def template_files() -> Iterator[tuple[str, bytes]]:
    """Every file of the new project: its path with `/`, and what is in it."""
    for path in sorted(TEMPLATE.rglob("*")):
        if path.is_file():
            parts = [f".{part.removeprefix(_DOT)}" if part.startswith(_DOT) else part for part in _parts(path)]
            content = path.read_bytes().replace(b"\r\n", b"\n")
            # cmd.exe reads batch files right only with the line ends of Windows.
            yield "/".join(parts), content.replace(b"\n", b"\r\n") if path.suffix == ".bat" else content


def _parts(path: Path) -> tuple[str, ...]:
    return path.relative_to(TEMPLATE).parts


def start_project(folder: Path) -> list[str]:
    """Write the project into `folder`, which is made; the paths that were written.

    Raises:
        UsageError: one of its files is there already; nothing is written then.
        OutputError: a file can't be written.
    """
    files = dict(template_files())
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        raise UsageError(
            sentence(
                "{folder}: there is something here already: {taken}",
                folder=folder.absolute(),
                taken=", ".join(taken[:5]),
            ),
            hint=sentence("name an empty folder: gdata init my-game; for sheets that exist, `gdata scaffold`"),
        )
    for name, content in files.items():
        write_atomically(folder / name, content)
    return list(files)
