"""The emulator on the wire: HTTP/1.1 with keep-alive, gzip and chunks as Google's, and every way to spoil an answer."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gdata.testing.google.refusals import Answer, Fault, PlannedFault
from gdata.testing.google.routes import GoogleState, Request

_SLICES_PER_SECOND = 20
"""How smoothly a limited bandwidth is served."""


@dataclass
class Wire:
    """How the emulated network behaves.

    `latency` is seconds added to each request, `bandwidth` bytes a second for each connection (0: no limit).
    """

    latency: float = 0.0
    bandwidth: int = 0
    hang_seconds: float = 600.0
    planned: list[PlannedFault] = field(default_factory=list)


class GoogleServer(ThreadingHTTPServer):
    """Serves a `GoogleState` over a `Wire`; keeps a log of the requests."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, state: GoogleState, wire: Wire, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.state, self.wire = state, wire
        self.log: list[Request] = []
        self.stopped = threading.Event()
        self.bodies: dict[tuple[str, bool], tuple[Any, bytes]] = {}
        """Answers and their bytes by address, until something is edited: a benchmark measures its client, not us."""
        self._connections: set[socket.socket] = set()

    def answer(self, request: Request) -> tuple[Answer, Fault | None]:
        """The answer to give, and the fault that spoils it."""
        with self.state.lock:
            self.log.append(request)
            struck = (plan.fault for plan in self.wire.planned if plan.strikes(request.kind, request.path))
            fault = next(struck, None)
            if fault and fault.expires_tokens:
                self.state.login.expire_tokens()
        if fault and fault.answer:
            return fault.answer, fault
        return self.state.answer(request), fault

    def encode(self, answer: Answer, request: Request, *, zipped: bool) -> bytes:
        """The body's bytes as they go over the wire."""
        cacheable = (
            request.target in self.state.rendered and not isinstance(answer.body, bytes) and answer.status == 200
        )
        key = (request.target, zipped)
        of, body = self.bodies.get(key, (None, b""))
        # An edit may come while its bytes are made: those of an older answer are no bytes of this one.
        if cacheable and of is answer.body:
            return body
        body = encode_json(answer.body, pretty=request.query.get("prettyPrint", ["true"])[-1] != "false")
        body = gzip.compress(body, 1) if zipped else body
        if cacheable:
            self.bodies[key] = answer.body, body
        return body

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that `close` can end it."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""

    def forget_answers(self) -> None:
        """Render everything anew: something was edited."""
        with self.state.lock:
            self.state.rendered.clear()
            self.bodies.clear()

    def close(self) -> None:
        """Stop serving, and end the connections that clients keep alive."""
        self.stopped.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster


def encode_json(body: object, *, pretty: bool) -> bytes:
    """JSON as Google writes it: two spaces or none at all, a line feed at the end, `<` and `>` escaped."""
    if isinstance(body, bytes):
        return body
    layout: dict[str, Any] = {"indent": 2} if pretty else {"separators": (",", ":")}
    text = json.dumps(body, ensure_ascii=False, **layout)
    return (text.replace("<", "\\u003c").replace(">", "\\u003e") + "\n").encode()


class _Handler(BaseHTTPRequestHandler):
    server: GoogleServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        request = Request(self.command, self.path, self.headers.get("Authorization", ""), body)
        time.sleep(self.server.wire.latency)
        answer, fault = self.server.answer(request)
        way = fault.way if fault else "answer"
        if way == "hang":
            self.server.stopped.wait(self.server.wire.hang_seconds)
            self.close_connection = True
        elif way == "reset":
            self._reset()
        else:
            self._send(answer, request, way)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def _send(self, answer: Answer, request: Request, way: str) -> None:
        zipped = "gzip" in self.headers.get("Accept-Encoding", "") and not isinstance(answer.body, bytes)
        body = self.server.encode(answer, request, zipped=zipped)
        self._send_head(answer, zipped=zipped)
        if way == "half":
            body = body[: len(body) // 2]
        self.wfile.write(f"{len(body):x}\r\n".encode() if body else b"")
        if way == "cut":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self._send_slowly(body)
        self.wfile.write(b"\r\n0\r\n\r\n" if body else b"0\r\n\r\n")

    def _send_head(self, answer: Answer, *, zipped: bool) -> None:
        self.send_response(answer.status)
        headers = {
            "Content-Type": answer.content_type,
            "Vary": "Origin, X-Origin, Referer",
            "Cache-Control": "private",
            "Transfer-Encoding": "chunked",
            **({"Content-Encoding": "gzip"} if zipped else {}),
            **answer.headers,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_slowly(self, body: bytes) -> None:
        if not self.server.wire.bandwidth:
            self.wfile.write(body)
            return
        step = max(1, self.server.wire.bandwidth // _SLICES_PER_SECOND)
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            time.sleep(min(step, len(body) - start) / self.server.wire.bandwidth)

    def _reset(self) -> None:
        """End the connection with RST: with a linger of 0 seconds, closing doesn't say goodbye."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        socket.close(self.connection.detach())

    def version_string(self) -> str:
        return "ESF"

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are logged in `GoogleServer.log`."""
