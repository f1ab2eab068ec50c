"""Write files whole or not at all, and let one process at a time change a project.

A file that is being written exists under another name until its last byte is on the disk; `os.replace` then
puts it in place. A crash, a full disk or a pulled plug leaves the old file, never half of the new one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import IO

from gdata.errors import OutputError
from gdata.language import Sentence, say, sentence

_HINTS = {
    errno.ENOSPC: sentence("the disk is full: free some space and run it again"),
    errno.EDQUOT: sentence("your disk quota is used up: free some space and run it again"),
    errno.EFBIG: sentence("files may not be so large here: raise the limit (`ulimit -f`), or choose another disk"),
    errno.EIO: sentence("the disk or the network behind it fails: look after it, or choose another folder"),
    errno.EROFS: sentence("this disk can only be read: choose another folder"),
    errno.EACCES: sentence("close the program that holds the file open, or ask for the right to write here"),
    errno.EPERM: sentence("close the program that holds the file open, or ask for the right to write here"),
    errno.ENAMETOOLONG: sentence("choose a shorter folder name"),
    errno.ENOLCK: sentence("this file system has no locks: choose a folder on a local disk"),
    errno.ENOTDIR: sentence("a file stands where a folder is needed: move it away"),
    errno.EISDIR: sentence("a folder stands where a file is needed: move it away"),
    errno.ENXIO: sentence("a file is needed there: move it away"),
    errno.EEXIST: sentence("a file stands where a folder is needed: move it away"),
}
# A virus scanner or an editor on Windows holds a file for a moment after it was written.
_REPLACE_TRIES = 20 if sys.platform == "win32" else 1
_POLL_SECONDS = 0.1
_WRITERS = 16
_LOCKED_BYTE = 1 << 30
"""Windows forbids reading locked bytes, so the one that is locked lies behind the text that says who holds it."""
_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp")
_ABANDONED = 3600.0
"""Seconds after which nobody writes a temporary file any more: whoever did has died."""
_LONGEST_SEAL = 1024


_SYSTEM = (
    sentence("No such file or directory"),
    sentence("Permission denied"),
    sentence("Operation not permitted"),
    sentence("File exists"),
    sentence("Is a directory"),
    sentence("Not a directory"),
    sentence("Read-only file system"),
    sentence("No space left on device"),
    sentence("Disk quota exceeded"),
    sentence("Input/output error"),
    sentence("Too many open files"),
    sentence("File name too long"),
    sentence("Connection refused"),
    sentence("Connection timed out"),
    sentence("it is a pipe or a device, not a file"),
)
"""What systems say of files and connections, by which it is translated; anything else stays as it is."""


def reason_of(error: OSError) -> object:
    """Why the system didn't do it, as a word for a sentence."""
    return next((one for one in _SYSTEM if one.template == error.strerror), error.strerror or error)


def hint_for(error: OSError) -> Sentence | str:
    """What to do about a file that can't be written; "" where the reason says enough."""
    return _HINTS.get(error.errno or 0, "")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError inside the block into an OutputError that names `path` and the next step."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            sentence("{path}: can't be written: {why}", path=path, why=reason_of(error)),
            hint=hint_for(error),
        ) from error


def plain(path: str, flags: int) -> int:
    """An opener for files of gdata's own: a pipe in place of one would wait for a writer for ever, a device never end.

    Raises:
        OSError: it can't be opened, or is something else than a file.
    """
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)
    kind = os.fstat(descriptor).st_mode
    if S_ISREG(kind):
        return descriptor
    os.close(descriptor)
    if S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    raise OSError(errno.ENXIO, "it is a pipe or a device, not a file", path)


def read_plain(path: Path) -> bytes:
    """All bytes of a file of gdata's own; OSError as `plain` raises it."""
    with open(path, "rb", opener=plain) as file:
        return file.read()


Written = bytes | memoryview | Iterable[bytes]
"""What is written: bytes, or blocks of them."""


def write_atomically(path: Path, content: Written) -> None:
    """Write `content` to `path` so that a reader, or a crash at any instant, sees the old file or the new.

    Missing folders are made. The bytes are on the disk (fsync) when it returns.

    Raises:
        OutputError: disk full, no permission, held open by another program; `path` is as it was.
    """
    write_files(path.parent, {path.name: content})


def write_output(path: Path, content: Written) -> None:
    """Write a result where somebody wants it: a file whole or not at all; a pipe or a device (`/dev/stdout`) is written
    to, and stays.

    Raises:
        OutputError: as `write_atomically` raises it.
    """
    with writing(path):
        if _is_file(path):
            write_atomically(path, content)
        else:
            with path.open("ab") as file:
                file.writelines(_blocks([content]))


def _is_file(path: Path) -> bool:
    """Whether a file lies there, or nothing; not where this process's own output goes, be it into one."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return True
    if not S_ISREG(found.st_mode):
        return S_ISDIR(found.st_mode)  # which can't be written: others say so
    for own in (1, 2):
        with suppress(OSError):
            if os.path.samestat(found, os.fstat(own)):
                return False
    return True


def write_files(folder: Path, files: Mapping[str, Written]) -> None:
    """Write several files of a folder, each of them whole or not at all; all are on the disk when it returns.

    They go to the disk together: one after the other, 117 small files took four times as long.

    Raises:
        OutputError: disk full, no permission, held open by another program; some may be written, others not.
    """
    if not files:
        return
    _make_folder(folder)
    if len(files) == 1:
        _put(folder, *next(iter(files.items())))
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_WRITERS) as pool:
            for written in [pool.submit(_put, folder, name, content) for name, content in files.items()]:
                written.result()
    with writing(folder):
        sync_folder(folder)


def write_sealed(path: Path, key: str, *parts: Written) -> None:
    """Write the parts, one after the other, under a line with their hash and `key`: what they were made for.

    Blocks are asked for once, so that they may be made as they are written.

    Raises:
        OutputError: the file can't be written; it is as it was.
    """
    _make_folder(path.parent)
    _put(path.parent, path.name, *parts, key=key)
    with writing(path.parent):
        sync_folder(path.parent)


def read_sealed(path: Path, key: str | None = None) -> memoryview | None:
    """What `write_sealed` wrote there, with this key; None: nothing, or not all of it."""
    with suppress(OSError):
        return unseal(read_plain(path), key)
    return None


def unseal(content: bytes, key: str | None = None) -> memoryview | None:
    """What `write_sealed` wrote, with this key; None: these are other bytes, or a bit of them changed."""
    line, newline, _ = content[:_LONGEST_SEAL].partition(b"\n")
    digest, _, found = line.decode("utf-8", "replace").partition(" ")
    rest = memoryview(content)[len(line) + 1 :]
    is_it = newline and key in (None, found) and digest == _digest(found, [rest])
    return rest if is_it else None


def is_sealed(path: Path, key: str | None = None) -> bool:
    """Whether `path` holds what `write_sealed` wrote, with this key; read a piece at a time, however large it is."""
    with suppress(OSError), open(path, "rb", opener=plain) as file:
        digest, _, found = file.readline(_LONGEST_SEAL).decode("utf-8", "replace").rstrip("\n").partition(" ")
        return key in (None, found) and digest == _digest(found, iter(partial(file.read, 1 << 20), b""))
    return False


def _digest(key: str, parts: Iterable[bytes | memoryview]) -> str:
    digest = hashlib.sha256(f"{key}\n".encode())
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def is_temporary(name: str) -> bool:
    """Whether a file of this name is one that was being written when its writer died, or still is."""
    return _TEMPORARY.fullmatch(name) is not None


def remove_abandoned(folders: Iterable[Path]) -> None:
    """Remove what writers that died left in these folders."""
    oldest = time.time() - _ABANDONED
    for folder in folders:
        with suppress(OSError):
            for path in folder.iterdir():
                if is_temporary(path.name) and path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, and put their names on the disk."""
    with writing(folder):
        new = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for one in new:
            with suppress(PermissionError):  # A folder above may be one that we can't read.
                sync_folder(one.parent)


def _blocks(parts: Iterable[Written]) -> Iterator[bytes | memoryview]:
    for part in parts:
        if isinstance(part, (bytes, memoryview)):
            yield part
        else:
            yield from part


def _put(folder: Path, name: str, *parts: Written, key: str | None = None) -> None:
    """Write the parts, with a `key` under the line that seals them."""
    path = folder / name
    temporary = folder / f".{os.urandom(8).hex()}.tmp"
    with writing(path):
        try:
            with temporary.open("xb") as file:
                if key is None:
                    file.writelines(_blocks(parts))
                else:
                    _write_under_seal(file, key, parts)
                file.flush()
                os.fsync(file.fileno())
            _replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def _write_under_seal(file: IO[bytes], key: str, parts: Iterable[Written]) -> None:
    """The hash stands before what it is of, which is there only while it is written."""
    digest = hashlib.sha256(f"{key}\n".encode())
    file.write(f"{'0' * 64} {key}\n".encode())
    for block in _blocks(parts):
        digest.update(block)
        file.write(block)
    file.seek(0)
    file.write(digest.hexdigest().encode())


def sync_folder(folder: Path) -> None:
    """Put a folder's list of names on the disk, where the system can; Windows does it by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems don't know fsync of a folder.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def _replace(temporary: Path, path: Path) -> None:
    for tries_left in reversed(range(_REPLACE_TRIES)):
        try:
            temporary.replace(path)
            return
        except PermissionError:
            if not tries_left:
                raise
            time.sleep(_POLL_SECONDS)


@contextmanager
def project_lock(
    path: Path, *, on_wait: Callable[[str], None] | None = None, timeout: float | None = None
) -> Iterator[None]:
    """Hold the lock file `path` for the block; the system frees it when the process ends, however it ends.

    `on_wait` is called once, with a sentence that names who holds the lock, if it has to be waited for.
    `timeout` is in seconds, 0 means not to wait at all, None to wait for as long as it takes.

    Raises:
        OutputError: the lock file can't be made, or another process still held it after `timeout`.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a+b", opener=plain)  # noqa: SIM115 - closed below
    with file:
        with writing(path):
            _wait_for(file, path, on_wait, timeout)
        try:
            _write_holder(file)
            yield
        finally:
            _unlock(file)


def _wait_for(file: IO[bytes], path: Path, on_wait: Callable[[str], None] | None, timeout: float | None) -> None:
    deadline = None if timeout is None else time.monotonic() + timeout
    told = False
    while not _try_lock(file):
        holder = say("another gdata (process {holder}) works on this project", holder=_holder(file))
        if deadline is not None and time.monotonic() >= deadline:
            raise OutputError(f"{path}: {holder}", hint=sentence("wait until it is done, then run this again"))
        if on_wait is not None and not told:
            on_wait(say("{holder}; waiting until it is done", holder=holder))
            told = True
        time.sleep(_POLL_SECONDS)


def _write_holder(file: IO[bytes]) -> None:
    # Only for the message to those who wait; the lock holds without it, so a full disk doesn't matter.
    with suppress(OSError):
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()


def _holder(file: IO[bytes]) -> str:
    try:
        file.seek(0)
        return str(int(file.read(20)))
    except (OSError, ValueError):
        return "unknown"


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(_LOCKED_BYTE)
        with suppress(OSError):
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


def as_on_disk(path: Path) -> Path:
    """The path whose names are there in another form of Unicode, if it isn't there itself.

    A Mac writes 아이템 with its letters apart (NFD) and keeps them so in archives and repositories; other systems take
    that for another name, though it looks the same.
    """
    if path.exists() or str(path).isascii():
        return path
    found = Path(path.anchor)
    for part in path.parts[len(found.parts) :]:
        if not (found / part).exists():
            wanted = unicodedata.normalize("NFC", part)
            try:
                names = [one.name for one in found.iterdir() if unicodedata.normalize("NFC", one.name) == wanted]
            except OSError:
                names = []
            part = min(names, default=part)
        found /= part
    return found
