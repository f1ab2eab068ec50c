"""SHA-256 of many contents: it is computed outside of Python's lock, so all cores can do it at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

_WORTH_THREADS = 1 << 20
"""Bytes; below, starting threads takes longer than hashing."""


def hash_all(contents: Collection[bytes]) -> list[str]:
    """The hex SHA-256 of each."""
    if len(contents) < 2 or sum(map(len, contents)) < _WORTH_THREADS:
        return list(map(_hash, contents))
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        return list(pool.map(_hash, contents))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
