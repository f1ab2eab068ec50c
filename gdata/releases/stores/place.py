"""Open the store at a place: a folder, a bucket, or what a web server serves of either."""

from __future__ import annotations

from pathlib import Path

from gdata.errors import UsageError
from gdata.language import sentence
from gdata.releases.stores.cache import BlobCache
from gdata.releases.stores.folder import FolderStore
from gdata.releases.stores.store import Store


def open_store(location: str | Path, *, cache: str | Path | None = None) -> Store:
    """The store at a folder, `s3://bucket/path`, `gs://bucket/path`, or (to read only) `https://host/path`.

    Nothing is read yet. `cache` is a folder that keeps what was read from elsewhere once.

    Raises:
        UsageError: no store can be there.
    """
    text = str(location)
    scheme, separator, rest = text.partition("://")
    if not separator:
        return FolderStore(Path(text))
    blobs = BlobCache(Path(cache)) if cache else None
    if scheme in ("https", "http"):
        from gdata.releases.stores.web import WebStore

        return WebStore(text, blobs)
    if scheme in ("s3", "gs", "gcs") and rest.strip("/"):
        from gdata.releases.stores.objects import ObjectStore

        return ObjectStore("s3" if scheme == "s3" else "gs", rest.strip("/"), blobs)
    raise UsageError(
        sentence("{scheme}://: no release store can be there", scheme=scheme),
        hint=sentence("give a folder, s3://BUCKET/PATH, gs://BUCKET/PATH or https://…"),
    )
