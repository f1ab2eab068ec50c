#!/usr/bin/env bash
# obstore 0.12.1 (S3, GCS, Azure and HTTP in one library; pip install obstore): after a process has made one request,
# every request of a child that it forks waits for ever: no error, no time-out, though one of 2 s is set, and though
# the child opens a store of its own. So a server that loads before it forks its workers can't refresh in them.
# (Guess: a new store in the child works, as with botocore; or an error says that forking isn't supported.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q obstore==0.12.1
"$folder/venv/bin/python" - <<'PYTHON'
import os, signal, sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from tempfile import mkdtemp

import obstore
from obstore.store import HTTPStore


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve(pipe, folder):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    pipe.send(server.server_port)
    server.serve_forever()


def read(port):
    options = {"allow_http": True, "timeout": "2s"}
    store = HTTPStore.from_url(f"http://127.0.0.1:{port}", client_options=options, retry_config={"max_retries": 0})
    return bytes(obstore.get(store, "file").bytes())


def read_in_child(port):
    """What a forked child read; None if it hadn't after ten seconds."""
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        os._exit(0 if read(port) == b"content" else 3)
    return None if os.WIFSIGNALED(os.waitpid(child, 0)[1]) else "read"


folder = mkdtemp()
Path(folder, "file").write_bytes(b"content")
ours, theirs = get_context("fork").Pipe()
server = get_context("fork").Process(target=serve, args=(theirs, folder), daemon=True)
server.start()
port = ours.recv()
before = read_in_child(port)
assert read(port) == b"content"
after = read_in_child(port)
server.terminate()
print(f"obstore {obstore.__version__}: forked before the parent's first request: {before}; after it: {after or 'hangs'}")
sys.exit(0 if (before, after) == ("read", None) else 1)
PYTHON
