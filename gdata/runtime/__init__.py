"""What a server imports: load, lookup, refresh. The names here are for annotations; `gdata.load` makes the data."""

from gdata.bundles.lookup import Table
from gdata.runtime.data import Data, TypedData
from gdata.runtime.snapshot import Snapshot, TypedSnapshot
from gdata.runtime.watching import Watch

__all__ = ["Data", "Snapshot", "Table", "TypedData", "TypedSnapshot", "Watch"]
