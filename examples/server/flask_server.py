"""A game server as many run it: Flask under gunicorn, four workers forked from one that has loaded the data.

    pip install flask gunicorn
    cd examples/server
    GAME_STORE=../../releases GAME_CHANNEL=dev GAME_TARGET=server gunicorn flask_server:app

The settings are in gunicorn.conf.py. A publish reaches every worker within GAME_INTERVAL seconds.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, g
from google.protobuf.json_format import MessageToDict

import gdata
from gdata.errors import LookupFailed

# Loaded before gunicorn forks, so the workers share its memory; eager, so that none of them parses it again.
data = gdata.load(
    os.environ["GAME_STORE"],
    channel=os.environ.get("GAME_CHANNEL", "live"),
    target=os.environ.get("GAME_TARGET"),
    cache=os.environ.get("GAME_CACHE"),
    eager=True,
)
# Each worker goes on watching by itself after the fork.
data.watch(float(os.environ.get("GAME_INTERVAL", "5")))

app = Flask(__name__)


@app.before_request
def take_snapshot() -> None:
    """From here to its answer a request reads one release, whatever is published meanwhile."""
    g.data = data.snapshot()


@app.get("/health")
def health() -> dict[str, Any]:
    """What a load balancer or a release manager asks: which release does this worker serve?"""
    return {**data.health().as_json(), "worker": os.getpid()}


@app.get("/item/<int:number>")
def item(number: int) -> dict[str, Any]:
    return {**release(), "item": as_json(g.data.ItemTable[number])}


@app.get("/boot")
def boot() -> dict[str, Any]:
    """What a client asks for when it starts: several tables, all of one release."""
    items = [as_json(row) for row in g.data.ItemTable]
    return {**release(), "constants": as_json(g.data.Constants), "items": items}


@app.errorhandler(LookupFailed)
def not_found(error: LookupFailed) -> tuple[dict[str, Any], int]:
    return {**release(), "error": str(error)}, 404


def release() -> dict[str, Any]:
    return {"release": g.data.release, "build": g.data.build}


def as_json(row: Any) -> dict[str, Any]:
    return dict(MessageToDict(row, preserving_proto_field_name=True))
