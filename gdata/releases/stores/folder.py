"""A store in a folder: of this machine, or of a file server that everybody mounts."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from gdata.errors import OutputError, StoreError
from gdata.files import plain, reason_of, sync_folder, write_atomically
from gdata.language import say, sentence
from gdata.longbytes import Content, blocks_of
from gdata.releases.stores.store import (
    TRASH,
    StoredFile,
    WritableStore,
    blob_name,
    check_creatable,
    check_size,
    checked,
    limit_of,
)

_ABSENT = (FileNotFoundError, NotADirectoryError)
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)
_HINTS = {
    errno.EACCES: sentence("ask for the right to read and write there"),
    errno.EPERM: sentence("ask for the right to read and write there"),
    errno.ENOSPC: sentence("the disk is full: free some space and run it again"),
    errno.EDQUOT: sentence("the disk quota is used up: free some space and run it again"),
    errno.EROFS: sentence("this disk can only be read: publish where it can be written"),
    errno.ESTALE: sentence("mount the file server anew"),
    errno.ENOTDIR: sentence("a file stands where a folder is needed: move it away"),
    errno.EIO: sentence("check the disk, or the connection to the file server"),
}


class FolderStore(WritableStore):
    """A store in a local folder. New entries appear by hard link, which is exclusive and never half-written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.folder = folder

    def find(self, name: str, at_most: int | None = None) -> bytes | None:
        """The bytes of a file; None where there is none."""
        with self._at(name):
            try:
                with open(self._path(name), "rb", opener=plain) as file:
                    limit = limit_of(name) if at_most is None else at_most
                    check_size(f"{self.place}: {name}", os.fstat(file.fileno()).st_size, limit)
                    return file.read()
            except _ABSENT:
                return None

    def size_of(self, name: str) -> int | None:
        """The size of a file in bytes; None where there is none."""
        with self._at(name):
            try:
                return self._path(name).stat().st_size
            except _ABSENT:
                return None

    def path_of_blob(self, digest: str) -> Path | None:
        """Where a blob lies, or would."""
        return self._path(blob_name(digest))

    def has_blob(self, digest: str, size: int) -> bool:
        """Whether a blob is there, with the bytes of its name."""
        name = blob_name(digest)
        if self.size_of(name) != size:
            return False
        with self._at(name), open(self._path(name), "rb", opener=plain) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest

    def is_stored(self, name: str, content: Content) -> bool | None:
        """Whether a file has these bytes; None where there is none."""
        if self.size_of(name) != len(content):
            return None if self.size_of(name) is None else False
        with self._at(name), open(self._path(name), "rb", opener=plain) as file:
            return all(file.read(len(block)) == block for block in blocks_of(content))

    def put(self, name: str, content: Content) -> None:
        """Write a file whole or not at all, over what is there."""
        with self._at(name):
            self._make_folder(self._path(name).parent)
            write_atomically(self._path(name), content)

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that isn't there yet; False where another one is."""
        check_creatable(self.place, name, content)
        path = self._path(name)
        with self._at(name):
            self._make_folder(path.parent)
            temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
            try:
                _write_synced(temporary, content)
                created = self._link(temporary, path)
            finally:
                with suppress(OSError):
                    temporary.unlink()
            sync_folder(path.parent)
        return created or self.find(name) == content

    def keeps_first(self, name: str, content: bytes) -> bool:
        """The file system itself refuses a second link, so it is enough that the file is there."""
        return self.size_of(name) == len(content)

    def _link(self, temporary: Path, path: Path) -> bool:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            raise StoreError(
                sentence("{place}: this file system has no hard links, which a release store needs", place=self.place),
                hint=sentence("put the store on a local disk, a file server that has them, or S3"),
            ) from error
        return True

    def files(self, folder: str) -> list[StoredFile]:
        """Every file under a folder of the store, leftovers included, sorted by name; [] where there is none."""
        found = []
        with self._at(folder):
            for name, entry in self._list(folder):
                with suppress(FileNotFoundError):
                    status = entry.stat()
                    found.append(StoredFile(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)))
        return sorted(found, key=lambda file: file.name)

    def names(self, folder: str) -> list[str]:
        """The names of the files under a folder of the store alone, in any order."""
        with self._at(folder):
            return [name for name, _ in self._list(folder)]

    def _list(self, folder: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """The files below; a folder that can't be read is an error: what isn't seen would count as not there."""
        try:
            entries = list(os.scandir(self.folder / folder))
        except FileNotFoundError:
            return  # nothing was put there yet, or another process tidied up meanwhile
        for entry in entries:
            name = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from self._list(name)
            elif entry.is_file():
                yield name, entry

    def remove(self, name: str) -> None:
        """Remove a file; one that isn't there is no error."""
        with self._at(name):
            path = self._path(name)
            path.unlink(missing_ok=True)
            if name.startswith(TRASH):
                with suppress(OSError):  # until a folder isn't empty
                    for parent in path.relative_to(self.folder).parents[:-1]:
                        (self.folder / parent).rmdir()

    def move(self, name: str, to: str) -> None:
        """Give a file another name, over what is there; one that isn't there is no error."""
        with self._at(name):
            self._make_folder(self._path(to).parent)
            with suppress(*_ABSENT):
                self._path(name).replace(self._path(to))
                sync_folder(self._path(to).parent)

    def settle(self, names: Iterable[str]) -> None:
        """Put the folders' lists of names on the disk."""
        for folder in {self._path(name).parent for name in names}:
            with self._at(folder.name), suppress(FileNotFoundError):
                sync_folder(folder)

    def why_empty(self) -> str:
        """A word on why nothing may be found here, for hints; may be empty."""
        return (
            ""
            if self.folder.is_dir()
            else say("there is no folder {folder}: is it spelled right, or not mounted?", folder=self.folder)
        )

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it; each name is on the disk before anything is put below it."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)

    def _path(self, name: str) -> Path:
        return self.folder / checked(name)

    @contextmanager
    def _at(self, name: str) -> Iterator[None]:
        """Turn what the system says into a StoreError that names the file."""
        try:
            yield
        except OutputError as error:
            raise StoreError(str(error), hint=error.hint) from error
        except OSError as error:
            raise StoreError(
                sentence("{place}: {why}", place=self.folder / name, why=reason_of(error)),
                hint=_HINTS.get(error.errno or 0, ""),
            ) from error


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
