"""A real HTTP server on 127.0.0.1 that misbehaves on demand.

Each path has a body and a queue of faults: one request takes one fault, and when the
queue is empty the server behaves, or repeats the fault that was set for ever.
"""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = 1 << 14


@dataclass(frozen=True)
class Fault:
    """What is wrong with one answer; several things may be.

    Attributes:
        status: answered instead of the file.
        retry_after: value of the header that goes with the status.
        body: sent instead of the file.
        content_type: of what is sent.
        cut_after: bytes of the body after which the connection ends.
        reset: whether it ends with a reset, rather than orderly.
        stall: seconds of silence before the answer.
        stall_after: bytes of the body after which silence falls for those seconds instead.
        ignore_range: answer with the whole file whatever part was asked for.
        ignore_if_range: send the part although the version is another.
        no_length: do not say how long the body is; its end is the connection's.
        pace: seconds between two pieces of the body.
    """

    status: int = 0
    retry_after: str = ""
    body: bytes | None = None
    content_type: str = "application/octet-stream"
    cut_after: int | None = None
    reset: bool = False
    stall: float = 0.0
    stall_after: int | None = None
    ignore_range: bool = False
    ignore_if_range: bool = False
    no_length: bool = False
    pace: float = 0.0


HEALTHY = Fault()


@dataclass(frozen=True)
class Request:
    """What was asked: the path, and two headers."""

    path: str
    range: str
    if_range: str

    @property
    def start(self) -> int:
        """First byte that was asked for."""
        return int(self.range.removeprefix("bytes=").rstrip("-") or 0)


@dataclass
class FaultyServer:
    """The server's state, changed by the test while it runs."""

    address: str = ""
    bodies: dict[str, bytes] = field(default_factory=dict)
    tagged: bool = True
    log: list[Request] = field(default_factory=list)
    queues: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    lasting: dict[str, Fault] = field(default_factory=dict)

    def serve(self, path: str, body: bytes) -> str:
        """Publish a file; returns its address."""
        self.bodies[path] = body
        return f"{self.address}{path}"

    def fail(self, path: str, *faults: Fault) -> None:
        """Let the next answers for a path be faulty, then behave."""
        self.queues[path].extend(faults)

    def fail_for_ever(self, path: str, fault: Fault) -> None:
        """Let every answer for a path be faulty."""
        self.lasting[path] = fault

    def next_fault(self, path: str) -> Fault:
        queue = self.queues[path]
        return queue.popleft() if queue else self.lasting.get(path, HEALTHY)

    def starts(self, path: str) -> list[int]:
        """Where each request for a path wanted to begin."""
        return [request.start for request in self.log if request.path == path]


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    state: FaultyServer

    def do_GET(self) -> None:
        """Answer, after taking the next fault."""
        asked = self.headers.get("Range", ""), self.headers.get("If-Range", "")
        self.state.log.append(Request(self.path, *asked))
        fault = self.state.next_fault(self.path)
        if fault.stall_after is None:
            time.sleep(fault.stall)
        if fault.status:
            self.answer(fault.status, b"", fault, {"Retry-After": fault.retry_after})
        elif self.path not in self.state.bodies:
            self.answer(404, b"not here", fault, {})
        else:
            self.send_file(fault, *asked)

    def send_file(self, fault: Fault, asked: str, version: str) -> None:
        body = self.state.bodies[self.path] if fault.body is None else fault.body
        tag = f'"{hashlib.md5(body).hexdigest()}"'
        headers = {"ETag": tag} if self.state.tagged else {}
        match = re.fullmatch(r"bytes=(\d+)-", asked)
        current = version in ("", tag) or fault.ignore_if_range
        if not match or not current or fault.ignore_range:
            self.answer(200, body, fault, headers)
        elif (start := int(match[1])) >= len(body):
            self.answer(416, b"", fault, {"Content-Range": f"bytes */{len(body)}"})
        else:
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            self.answer(206, body[start:], fault, headers | {"Content-Range": span})

    def answer(self, status: int, body: bytes, fault: Fault, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Type", fault.content_type)
        if fault.no_length:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.send_body(body, fault)

    def send_body(self, body: bytes, fault: Fault) -> None:
        end = len(body) if fault.cut_after is None else min(fault.cut_after, len(body))
        sent = 0
        while sent < end:
            stop = min(sent + PIECE, end)
            if fault.stall_after is not None and sent < fault.stall_after:
                stop = min(stop, fault.stall_after)
            self.wfile.write(body[sent:stop])
            sent = stop
            time.sleep(fault.stall if sent == fault.stall_after else fault.pace)
        if end < len(body):
            self.hang_up(fault)

    def hang_up(self, fault: Fault) -> None:
        self.close_connection = True
        if fault.reset:
            # Closing at once with a linger of zero sends a reset; wait, lest it overtake the body.
            time.sleep(0.05)
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent; the state has a log of its own."""


class QuietServer(ThreadingHTTPServer):
    """Does not mind that a client goes away, for some are killed."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent."""

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        """Close without the orderly farewell that would undo a reset."""
        self.close_request(request)


@contextmanager
def running() -> Iterator[FaultyServer]:
    """A server for the length of a test."""
    state = FaultyServer()
    handler = type("BoundHandler", (Handler,), {"state": state})
    server = QuietServer(("127.0.0.1", 0), handler)
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
