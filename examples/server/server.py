"""A game server in miniature: the data in memory at boot, lookups over HTTP, a new release without a restart.

    python examples/server/server.py output --target server
    python examples/server/server.py releases --channel dev --target server --cache /tmp/gdata-cache

    curl localhost:8000/item/1001
    curl localhost:8000/health

Needs nothing but gdata. `flask_server.py` beside it is the same for many workers.
"""

from __future__ import annotations

import argparse
import json
import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict

import gdata
from gdata.errors import LookupFailed
from gdata.runtime import Data


class GameServer(ThreadingHTTPServer):
    """Answers `/item/ID` and `/health`, each request in its own thread."""

    def __init__(self, address: tuple[str, int], data: Data) -> None:
        super().__init__(address, Handler)
        self.data = data


class Handler(BaseHTTPRequestHandler):
    server: GameServer

    def do_GET(self) -> None:
        # One snapshot for the whole request: a release that comes in meanwhile is for the next one.
        data = self.server.data.snapshot()
        match self.path.strip("/").split("/"):
            case ["health"]:
                self.answer(200, self.server.data.health().as_json())
            case ["item", number] if number.isdecimal():
                try:
                    item = data.ItemTable[int(number)]
                except LookupFailed as error:
                    self.answer(404, {"error": str(error)})
                else:
                    row = MessageToDict(item, preserving_proto_field_name=True)
                    self.answer(200, {"release": data.release, "build": data.build, "item": row})
            case _:
                self.answer(404, {"error": "ask for /item/NUMBER or /health"})

    def answer(self, status: int, content: object) -> None:
        body = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        logging.debug(format, *args)


def tell(data: Data) -> None:
    logging.info("now serving release %s, build %s", data.release, data.build[:12])


def main() -> None:
    parser = argparse.ArgumentParser(description="serve items from a bundle's folder, or a channel of a store")
    parser.add_argument("place", help="an output folder; with --channel a store: a folder, s3://…, https://…")
    parser.add_argument("--channel", help="follow this channel of the store")
    parser.add_argument("--target", help="which target's data; needed where there are several")
    parser.add_argument("--cache", help="a folder that lets the server start while the store is down")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    parser.add_argument("--interval", type=float, default=5.0, help="seconds between looks for a newer release")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    data = gdata.load(options.place, channel=options.channel, target=options.target, cache=options.cache, eager=True)
    data.watch(options.interval, on_change=tell)
    with GameServer(("127.0.0.1", options.port), data) as server:
        tell(data)
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
