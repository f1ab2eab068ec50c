"""Ed25519 signatures of manifests and log entries, and the PEM keys that make and check them.

A signature is one line of text, `ed25519:<public key>:<signature>`, both in base64. The public key in it tells
which key signed, and lets a damaged signature be told from a foreign one; whether that key is trusted is for
the reader to say.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdata.errors import OutputError, SignatureError, UsageError
from gdata.files import hint_for, reason_of
from gdata.installed import require
from gdata.language import say, sentence

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNING_KEY_VARIABLE = "GDATA_SIGNING_KEY"
"""The environment variable with the signing key: a file's path, or the PEM text itself."""
MANIFEST_SIGNATURE = "manifest.json.sig"
"""Beside manifest.json in a bundle's folder: one signature a line, any of which may fit."""
_ALGORITHM = "ed25519"
_PUBLIC = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True)
class PublicKeys:
    """The keys that a reader trusts, any of which may have signed: of each the 32 bytes of an Ed25519 public key.

    They are several while a key is replaced by its next one.
    """

    raw: tuple[bytes, ...]

    def __str__(self) -> str:
        return " or ".join(base64.b64encode(one).decode() for one in self.raw)


class SigningKey:
    """The key that signs releases. Its text form names the public half alone."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @property
    def public(self) -> PublicKeys:
        """The half that readers are given."""
        return PublicKeys((self._private.public_key().public_bytes_raw(),))

    def sign(self, content: bytes) -> str:
        """The signature over `content`."""
        return f"{_ALGORITHM}:{self.public}:{base64.b64encode(self._private.sign(content)).decode()}"

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public})"


@dataclass(frozen=True)
class KeyFiles:
    """The two files of a new key."""

    private: Path
    public: Path
    public_pem: str


def generate_key(private: Path, *, trusted_before: str = "") -> KeyFiles:
    """Make a key: `private`, readable by its owner alone, and beside it the public half, with `.pub` added.

    `trusted_before` is PEM text with the public keys that readers are to trust as well.

    Raises:
        UsageError: one of the files is there already.
        OutputError: they can't be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    public = _public_file(private)
    text = public_pem.decode() + trusted_before
    _write_new(private, private_pem, mode=0o600)
    _write_new(public, text.encode(), mode=0o644)
    return KeyFiles(private, public, text)


def generate_next_key(private: Path) -> KeyFiles:
    """Make the key that is to replace `private`: release-2.pem after release.pem, and so on.

    Its public file holds the public keys that readers trusted before as well, so that they may get it first, and
    publishers change to the new key once every reader has it.

    Raises:
        UsageError: `private` isn't such a key, its public file is missing, or the next one is there already.
        OutputError: the files can't be written.
    """
    load_signing_key(private)
    public = _public_file(private)
    load_public_keys(public)
    name = re.fullmatch(r"(.*?)(?:-(\d+))?", private.stem)
    assert name is not None
    following = private.with_name(f"{name[1]}-{int(name[2] or 1) + 1}{private.suffix}")
    return generate_key(following, trusted_before=public.read_text("ascii"))


def _public_file(private: Path) -> Path:
    return private.with_name(private.name + ".pub")


def load_signing_key(source: str | Path | None, environment: Mapping[str, str] = os.environ) -> SigningKey | None:
    """The key to sign with: from `source` (a path or PEM text), else the environment; None where neither has one.

    Raises:
        UsageError: there is no Ed25519 private key in it.
    """
    where = str(source) if source else f"${SIGNING_KEY_VARIABLE}"
    text = str(source) if source else environment.get(SIGNING_KEY_VARIABLE, "")
    if not text:
        return None
    return SigningKey(_parse_private(_pem(text, where), where if "-----BEGIN" not in where else say("the signing key")))


KeySource = str | os.PathLike[str] | PublicKeys
"""A path, PEM text, or keys that were read before."""


def load_public_keys(source: KeySource | Sequence[KeySource]) -> PublicKeys:
    """The keys that a reader trusts, from a path or PEM text, which may hold several, or from several of these.

    Raises:
        UsageError: there is no Ed25519 public key in one of them.
    """
    if isinstance(source, PublicKeys):
        return source
    if not isinstance(source, str | os.PathLike):
        keys = tuple(dict.fromkeys(raw for one in source for raw in load_public_keys(one).raw))
        if not keys:
            raise UsageError(
                sentence("public_key= names no key"), hint=sentence("leave it out to read what nobody signed")
            )
        return PublicKeys(keys)
    text = os.fspath(source)
    pem = _pem(text, text)
    where = say("the public key") if "-----BEGIN" in text else text
    return PublicKeys(tuple(_parse_public(one, where) for one in _PUBLIC.findall(pem) or [pem]))


def check_signature(signature: str | None, content: bytes, *, place: str, key: PublicKeys | None) -> None:
    """Raise SignatureError unless `signature` was made over `content`, and by `key` where one is given.

    Without a key only what is signed is checked, and that it wasn't damaged since.
    """
    if signature is None:
        if key is not None:
            raise SignatureError(
                sentence("{place} isn't signed, but only what {key} signed is to be read", place=place, key=key),
                hint=sentence("publish with the signing key, or read without a public key"),
            )
        return
    signer, made = _split(signature, place)
    if key is not None and signer not in key.raw:
        raise SignatureError(
            sentence(
                "{place} is signed by another key: by {PublicKeys}, not by {key}",
                place=place,
                PublicKeys=PublicKeys((signer,)),
                key=key,
            ),
            hint=sentence(
                "give the public half of the key that it was published with; if you know no such "
                "key, somebody else wrote to the store"
            ),
        )
    if not _fits(signer, made, content):
        raise SignatureError(
            sentence(
                "{place} isn't what was signed: it was changed afterwards, or the signature is damaged", place=place
            ),
            hint=sentence("publish it anew from a machine that you trust"),
        )


def check_any_signature(lines: str | None, content: bytes, *, place: str, key: PublicKeys | None) -> None:
    """`check_signature`, for a file with a signature a line: one that fits is enough.

    A folder's manifest and its signature are two files; while they are replaced there are two lines.
    """
    faults = []
    found: list[str | None] = [*(lines or "").splitlines()]
    for line in found or [None]:
        try:
            return check_signature(line, content, place=place, key=key)
        except SignatureError as fault:
            faults.append(fault)
    raise faults[-1]


def check_folder_signature(folder: Path, manifest: bytes, key: PublicKeys) -> None:
    """Raise SignatureError unless manifest.json.sig in a bundle's folder has `key`'s signature of its manifest."""
    path = folder / MANIFEST_SIGNATURE
    try:
        lines = path.read_text("ascii", errors="replace")
    except FileNotFoundError:
        lines = None
    except OSError as error:
        raise SignatureError(sentence("{path}: can't be read: {why}", path=path, why=reason_of(error))) from error
    check_any_signature(lines, manifest, place=str(folder / "manifest.json"), key=key)


def _split(signature: str, place: str) -> tuple[bytes, bytes]:
    try:
        algorithm, signer, made = signature.split(":")
        if algorithm != _ALGORITHM:
            raise ValueError(algorithm)
        # Decoding alone would let some changed characters pass.
        parts = [base64.b64decode(part, validate=True) for part in (signer, made)]
        if [base64.b64encode(part).decode() for part in parts] != [signer, made]:
            raise ValueError("base64")
    except ValueError as error:
        raise SignatureError(
            sentence("{place}: its signature is damaged, or of a kind that this gdata doesn't know", place=place),
            hint=sentence("update gdata"),
        ) from error
    return parts[0], parts[1]


def _fits(signer: bytes, made: bytes, content: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(signer).verify(made, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _pem(text: str, where: str) -> bytes:
    require("cryptography", "signed")
    if "-----BEGIN" in text:
        return text.replace("\\n", "\n").encode()  # CI systems keep multi-line secrets with \n written out
    try:
        return Path(text).read_bytes()
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else error
        raise UsageError(
            sentence("{where}: the key can't be read: {reason}", where=where, reason=reason),
            hint=sentence("make one with `gdata keygen`"),
        ) from error


def _parse_private(pem: bytes, where: str) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key: Any = None
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise UsageError(
            sentence("{where}: the key is locked with a password", where=where),
            hint=sentence("take the password off with `openssl pkey`"),
        ) from error
    except (ValueError, UnsupportedAlgorithm):
        pass
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(
            sentence("{where}: not an Ed25519 private key in PEM form", where=where),
            hint=sentence("make one with `gdata keygen`"),
        )
    return key


def _parse_public(pem: bytes, where: str) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key: Any = None
    with suppress(ValueError, UnsupportedAlgorithm):
        key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(
            sentence("{where}: not an Ed25519 public key in PEM form", where=where),
            hint=sentence("give the .pub file that `gdata keygen` wrote beside the private key"),
        )
    return key.public_bytes_raw()


def _write_new(path: Path, content: bytes, *, mode: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise UsageError(
            sentence("{path} is there already", path=path),
            hint=sentence("give another name: a key that is lost can't be made again"),
        ) from error
    except OSError as error:
        told = sentence("{path}: can't be written: {why}", path=path, why=reason_of(error))
        raise OutputError(told, hint=hint_for(error)) from error
