"""Write a target's code: messages by their generator, the loader from its template; only what changed is touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from gdata.codegen.language import Language, LanguageName, Names, Settings, camel, formatted, pascal, quoted, snake
from gdata.codegen.languages import LANGUAGES
from gdata.codegen.model import Model
from gdata.errors import OutsideError, UsageError
from gdata.files import reason_of, write_atomically, writing
from gdata.language import sentence
from gdata.text import did_you_mean

TEMPLATES = Path(__file__).parent / "templates"
_LIST = ".gdata-codegen.json"
"""Which files an earlier run wrote: those that aren't written any more are removed."""


@dataclass(frozen=True)
class Generated:
    """What a run did: the files as they are called below the folder."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def generate(language: LanguageName, model: Model, settings: Settings, templates: Path | None = None) -> Generated:
    """Make `settings.out` hold the code of a target; `templates` has those that take the place of ours.

    Raises:
        UsageError: a generator is missing or refuses, or a template can't be used.
        OutputError: the folder can't be written.
    """
    return write_files(settings.out, _make(LANGUAGES[language], language, model, settings, templates), language)


def write_files(out: Path, made: Mapping[str, bytes], kind: str) -> Generated:
    """Make a folder hold these files, of those of an earlier run only these, and whatever else lies there.

    Raises:
        OutputError: the folder can't be written.
    """
    written = [name for name, content in made.items() if _read(out / name) != content]
    for name in written:
        write_atomically(out / name, made[name])
    removed = [name for name in _earlier(out, kind) if name not in made and _remove(out / name)]
    listed = json.dumps({"language": kind, "files": sorted(made)}, indent=1).encode() + b"\n"
    if _read(out / _LIST) != listed:
        write_atomically(out / _LIST, listed)
    return Generated(tuple(sorted(written)), tuple(sorted(made.keys() - set(written))), tuple(removed))


def copy_templates(language: LanguageName, folder: Path) -> list[str]:
    """Copy a language's templates, to be changed and given as `templates`; those that are there stay."""
    copied = []
    for path in sorted((TEMPLATES / language).iterdir()):
        if not (folder / path.name).exists():
            write_atomically(folder / path.name, path.read_bytes())
            copied.append(path.name)
    return copied


def _make(
    language: Language, name: LanguageName, model: Model, settings: Settings, templates: Path | None
) -> dict[str, bytes]:
    names = language.names(model, settings)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        language.messages(names, folder)
        made = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    own = _own_templates(name, templates)
    for file, template in language.files(names).items():
        made[file] = formatted(_render(template, own, model, names), language.formatter).encode()
    return made


def _own_templates(language: LanguageName, folder: Path | None) -> Mapping[str, str]:
    """The team's templates by name."""
    if folder is None:
        return {}
    ours = [path.name for path in (TEMPLATES / language).iterdir()]
    found = sorted(folder.glob("*.j2")) if folder.is_dir() else []
    if not found:
        raise UsageError(
            sentence("{folder}: there are no templates here", folder=folder),
            hint=sentence(
                "gdata codegen {language} --copy-templates {folder} puts ours there, to be changed",
                language=language,
                folder=folder,
            ),
        )
    for path in found:
        if path.name not in ours:
            raise UsageError(
                sentence("{path}: {language} has no template of this name", path=path, language=language),
                hint=did_you_mean(path.name, ours) or ", ".join(ours),
            )
    return {f"{language}/{path.name}": path.read_text(encoding="utf-8") for path in found}


def _render(template: str, own: Mapping[str, str], model: Model, names: Names) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.DictLoader(own), jinja2.FileSystemLoader(TEMPLATES)]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    given: dict[str, Any] = {"camel": camel, "pascal": pascal, "snake": snake, "quoted": quoted}
    try:
        return environment.get_template(template).render(model=model, names=names, name=names.name, **given)
    except jinja2.TemplateError as error:
        line = getattr(error, "lineno", None)
        place = f"{template}:{line}" if line else template
        raise UsageError(
            sentence("the template {place}: {error}", place=place, error=error),
            hint=sentence("mend it, or leave --templates out"),
        ) from error


def _earlier(out: Path, language: str) -> list[str]:
    try:
        known = json.loads(_read(out / _LIST) or b"{}")
        if known.get("language") != language:
            return []
        return [name for name in known["files"] if _is_plain(name)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _remove(path: Path) -> bool:
    with writing(path):
        if not path.is_file():
            return False
        path.unlink()
        return True


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OutsideError(sentence("{place}: {why}", place=path, why=reason_of(error))) from error
