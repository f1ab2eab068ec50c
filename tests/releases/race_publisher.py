"""A publisher of its own process: publishes each output folder it is given, again and again until it is in.

python race_publisher.py LOCATION CHANNEL OUTPUT...
"""

from __future__ import annotations

import sys
from pathlib import Path

from gdata.bundles.reader import open_output
from gdata.releases.log import ChannelMoved, newest_entry
from gdata.releases.move import Move, move_channel
from gdata.releases.stores import open_store
from gdata.releases.stores.store import writable


def main(location: str, channel: str, *outputs: str) -> None:
    store = writable(open_store(location))
    for output in outputs:
        bundles = open_output(Path(output))
        move = Move("publish", channel, author=output)
        while True:
            try:
                move_channel(store, move, bundles, base=newest_entry(store, channel))
                break
            except ChannelMoved:
                continue


if __name__ == "__main__":
    main(*sys.argv[1:])
