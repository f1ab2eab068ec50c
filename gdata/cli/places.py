"""Which store a command is about."""

from __future__ import annotations

from pathlib import Path

from gdata.releases.store import Store, open_store


def open_place(config_path: Path | None, location: str | None) -> Store:
    """The store that `--store` names, which needs no project; else that of sheets.yaml."""
    if location is not None:
        return open_store(location)
    from gdata.pipeline.project import read_config
    from gdata.pipeline.sides import store_of

    return store_of(read_config(config_path))
