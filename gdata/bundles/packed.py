"""Tables packed with zstd, for clients that download them: the manifest has the hash of the packed file.

The level is fixed, and so the same table gives the same bytes with the same version of libzstd; another one may pack
the same table otherwise, which changes the file's name and the bundle's id, and no value.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from gdata.errors import DamagedError, UsageError
from gdata.language import sentence

LEVEL = 12
"""On the sample's tables 19 takes three times as long for 3% less."""
_LARGEST = 1 << 31
"""No message of protobuf is larger, so no part is."""


def pack(content: bytes) -> bytes:
    """One zstd frame that knows its content's size."""
    zstd: Any = _zstandard()
    packed: bytes = zstd.ZstdCompressor(level=LEVEL, write_content_size=True, write_checksum=False).compress(content)
    return packed


def unpack(content: bytes, size: int, *, place: str) -> bytes:
    """What a frame holds, which must be `size` bytes; `place` names it in errors.

    Raises:
        DamagedError: it is no such frame.
        UsageError: the library isn't installed.
    """
    zstd: Any = _zstandard()
    try:
        if size < _LARGEST and zstd.frame_content_size(content) == size:
            unpacked: bytes = zstd.ZstdDecompressor().decompress(content)
            if len(unpacked) == size:
                return unpacked
        reason = ""
    except zstd.ZstdError as error:
        reason = f" ({error})"
    raise DamagedError(
        sentence("{place}: can't be unpacked to {size} bytes{reason}", place=place, size=f"{size:,}", reason=reason),
        hint=sentence("build or fetch the bundle again"),
    )


@cache
def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError as error:
        raise UsageError(
            sentence("tables packed with zstd need a library that isn't installed"),
            hint=sentence("pip install 'gdata-sheets[{part}]'", part="zstd"),
        ) from error
    return zstandard
