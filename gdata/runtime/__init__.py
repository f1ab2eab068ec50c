"""What a server imports: load, lookup, refresh. The names here are for annotations; `gdata.load` makes the data."""

from gdata.bundles.lookup import Table
from gdata.runtime.data import Data
from gdata.runtime.snapshot import Snapshot
from gdata.runtime.watching import Watch

__all__ = ["Data", "Snapshot", "Table", "Watch"]
