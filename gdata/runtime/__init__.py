"""What a server imports: load, lookup, refresh. The names here are for annotations; `gdata.load` makes the data."""

from gdata.bundles.lookup import Table
from gdata.bundles.picker import Picker
from gdata.runtime.data import Data, TypedData
from gdata.runtime.freshness import Health, Watch
from gdata.runtime.shared import SharedMap
from gdata.runtime.snapshot import Snapshot, TypedSnapshot

__all__ = ["Data", "Health", "Picker", "SharedMap", "Snapshot", "Table", "TypedData", "TypedSnapshot", "Watch"]
