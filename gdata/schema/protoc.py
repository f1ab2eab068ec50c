"""Compile a folder of .proto files with protoc to one FileDescriptorSet.

protoc comes with grpcio-tools. Both imports that schemas may use beside their own files, gdata/options.proto
and buf/validate/validate.proto, are given to it from here, so that nothing is copied into a project.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from contextlib import suppress
from pathlib import Path

from gdata.errors import OutputError, OutsideError, SchemaError
from gdata.files import read_sealed, reason_of, write_sealed
from gdata.installed import package_stamp
from gdata.language import sentence

OPTIONS_FOLDER = Path(__file__).parent.parent / "protos"
"""The import root of gdata/options.proto."""

_KEPT = 8
_IMPORT = re.compile(rb"""\bimport\s*(?:public\b|weak\b)?\s*["']([^"'\n\0]+)["']""")
_PROTOC_LINE = re.compile(r"^(?P<file>[^:\n]+\.proto):(?:(?P<line>\d+):(?P<column>\d+):)? ?(?P<text>.*)$")


def compile_protos(protos: Path, cache: Path | None = None) -> bytes:
    """The serialized FileDescriptorSet of every .proto file under `protos`, with imports and source info.

    `cache` is a folder in which the result is kept under the hash of all that went into it; what isn't whole any
    more is made again.

    Raises:
        SchemaError: there are no files, or one doesn't compile; each of protoc's lines is in the message.
    """
    own, imported = read_protos(protos)
    contents = own | imported
    if cache is None:
        # Importing its generated code takes as long as protoc itself.
        has_rules = any(b"buf/validate/" in content for content in contents.values())
        return _run_protoc(protos, list(own), validate_descriptors() if has_rules else b"")
    key = _cache_key(contents)
    path = cache / f"descriptors-{key}.binpb"
    if (kept := read_sealed(path, key)) is not None:
        return bytes(kept)
    compiled = _run_protoc(protos, list(own), _kept_validate_descriptors(cache))
    with suppress(OutputError):  # a cache that can't be written is no reason to stop
        write_sealed(path, key, compiled)
    _forget_older(cache)
    return compiled


def read_protos(protos: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Every .proto file under `protos` by its path there, and what they import besides: linked folders aren't searched,
    but protoc finds what is in them.

    Raises:
        SchemaError: there are no files, or one can't be read.
    """
    files = sorted(path for path in protos.rglob("*.proto") if path.is_file())
    if not files:
        raise SchemaError(
            sentence("{protos}: there are no .proto files", protos=protos),
            hint=sentence("write one, or mend `protos:` in sheets.yaml"),
        )
    try:
        own = {path.relative_to(protos).as_posix(): path.read_bytes() for path in files}
        imported: dict[str, bytes] = {}
        waiting = list(own.values())
        while waiting:
            for found in _IMPORT.findall(waiting.pop()):
                name = found.decode("utf-8", "replace")
                if name not in own and name not in imported and (protos / name).is_file():
                    imported[name] = (protos / name).read_bytes()
                    waiting.append(imported[name])
    except OSError as error:
        raise SchemaError(sentence("{place}: {why}", place=error.filename, why=reason_of(error))) from error
    return own, dict(sorted(imported.items()))


def _forget_older(cache: Path) -> None:
    """Each edit of a schema leaves one; a few are kept for those who go to and fro between branches."""
    with suppress(OSError):
        kept = sorted(cache.glob("descriptors-*.binpb"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_KEPT]:
            path.unlink(missing_ok=True)


def _cache_key(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for package in ("grpc_tools", "protovalidate"):
        digest.update(package_stamp(package).encode() + b"\0")
    digest.update((OPTIONS_FOLDER / "gdata" / "options.proto").read_bytes())
    for name, content in contents.items():
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:20]


def _run_protoc(protos: Path, names: list[str], validate: bytes) -> bytes:
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="gdata-protoc-") as name:
        folder = Path(name)
        (folder / "validate.binpb").write_bytes(validate)
        # An argument file, one argument a line, has no limit on its length and no trouble with blanks.
        arguments = [
            f"--proto_path={protos}",
            f"--proto_path={OPTIONS_FOLDER}",
            f"--proto_path={_well_known_protos()}",
            f"--descriptor_set_in={folder / 'validate.binpb'}",
            f"--descriptor_set_out={folder / 'out.binpb'}",
            "--include_imports",
            "--include_source_info",
            *names,
        ]
        (folder / "arguments").write_text("\n".join(arguments), encoding="utf-8")
        command = [sys.executable, "-m", "grpc_tools.protoc", f"@{folder / 'arguments'}"]
        try:
            ran = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
        except OSError as error:
            raise OutsideError(
                sentence("protoc can't be started: {error}", error=error), hint=sentence("install gdata again")
            ) from error
        if ran.returncode != 0:
            raise _schema_error(ran.stderr or ran.stdout, protos)
        return (folder / "out.binpb").read_bytes()


def _well_known_protos() -> Path:
    # Found without importing grpc_tools, which would load all of grpc.
    spec = importlib.util.find_spec("grpc_tools")
    if spec is None or spec.origin is None:
        raise OutsideError(
            sentence("protoc is not installed"), hint=sentence("pip install 'gdata-sheets[{part}]'", part="build")
        )
    return Path(spec.origin).parent / "_proto"


def _kept_validate_descriptors(cache: Path) -> bytes:
    """The same as `validate_descriptors`, once made for an installed protovalidate: its generated code takes 0.06 s."""
    path, key = cache / "validate.binpb", package_stamp("protovalidate")
    if (kept := read_sealed(path, key)) is not None:
        return bytes(kept)
    made = validate_descriptors()
    with suppress(OutputError):
        write_sealed(path, key, made)
    return made


def validate_descriptors() -> bytes:
    """buf/validate/validate.proto and what it imports, as the FileDescriptorSet in the protovalidate package."""
    from protovalidate._gen.buf.validate import validate_pb

    files: dict[str, bytes] = {}

    def add(file: object) -> None:
        for dependency in file.dependencies:  # type: ignore[attr-defined]
            add(dependency)
        files.setdefault(file.name, file.proto.to_binary())  # type: ignore[attr-defined]

    add(validate_pb.FieldRules.desc().file)
    from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

    return FileDescriptorSet(file=map(FileDescriptorProto.FromString, files.values())).SerializeToString()


def _schema_error(output: str, protos: Path) -> SchemaError:
    """protoc's words, with the path of each file as the user knows it and its place in front."""
    lines = []
    for line in filter(None, map(str.strip, output.splitlines())):
        found = _PROTOC_LINE.match(line)
        if found is None or "warning:" in line:
            continue
        place = ":".join(filter(None, (str(protos / found["file"]), found["line"], found["column"])))
        lines.append(f"{place}: {_told(found['text'])}")
    return SchemaError(
        "\n".join(lines) or sentence("{protos}: protoc failed: {output}", protos=protos, output=output.strip()),
        hint=sentence("mend the .proto file at the first of these places; the others may follow from it"),
    )


_PROTOC_SAYS = (
    sentence('"{name}" is not defined.'),
    sentence('"{name}" is already defined in "{scope}".'),
    sentence('Expected "{sign}".'),
    sentence("Expected field name."),
    sentence("Expected type name."),
    sentence('Expected top-level statement (e.g. "message").'),
    sentence("Missing field number."),
    sentence(
        'Field number {number} has already been used in "{message}" by field "{field}". '
        "Next available field number is {free}."
    ),
    sentence('Field "{field}" uses reserved number {number}.'),
    sentence("Suggested field numbers for {message}: {numbers}"),
    sentence("Field numbers must be positive integers."),
    sentence("File not found."),
    sentence('Import "{file}" was not found or had errors.'),
    sentence('Import "{file}" was listed twice.'),
    sentence("Interpreting non ascii codepoint {number}."),
    sentence("Reached end of input in message definition (missing '{sign}')."),
    sentence("The first enum value must be zero for open enums."),
    sentence("Field labels (required/optional/repeated) are not allowed on map fields."),
    sentence("Key in map fields cannot be float/double, bytes or message types."),
    sentence("Required fields are not allowed in proto3."),
    sentence("Explicit default values are not allowed in proto3."),
)
"""What protoc says most, by which it is translated; anything else stays as protoc says it."""


def _told(text: str) -> str:
    for one in _PROTOC_SAYS:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(one.template))
        if found := re.fullmatch(pattern, text):
            return str(one.with_words(**found.groupdict()))
    return text
