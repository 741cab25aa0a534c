"""HTTP/1.1 on loopback with connections that stay open, and answers that break off when they are told to."""

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from forges.exchange import Reply, Request

#: Seconds between the two halves of a slow body.
PAUSE = 0.2


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """Say nothing about a client that breaks off."""


@contextmanager
def listening(
    answer: Callable[[Request], Reply],
    port: int,
    counted: Callable[[], AbstractContextManager[None]],
    clock: Callable[[], float],
) -> Iterator[str]:
    """The address of a server that gives each request to `answer`, within a context of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            names = {name.lower(): value for name, value in self.headers.items()}
            with counted():
                reply = answer(Request(self.command, self.path, names, body))
                if reply.damage == "reset":
                    self._reset()
                else:
                    self._send(reply)

        do_GET = do_POST = do_PATCH = do_HEAD = _serve  # noqa: N815 - the names that http.server looks for

        def _reset(self) -> None:
            # With no time to linger, closing sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())
            self.close_connection = True

        def _send(self, reply: Reply) -> None:
            reason = HTTPStatus(reply.status).phrase
            lines = [
                f"HTTP/1.1 {reply.status} {reason}",
                f"Date: {self.date_time_string(clock())}",
                "Server: github.com",
            ]
            lines += [f"Content-Length: {len(reply.body)}"] if reply.status != HTTPStatus.NOT_MODIFIED else []
            lines += [f"{name}: {value}" for name, value in reply.headers.items()]
            self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            body = b"" if self.command == "HEAD" else reply.body
            half = len(body) // 2 if reply.damage else len(body)
            self.wfile.write(body[:half])
            self.wfile.flush()
            if reply.damage == "cut":
                self.close_connection = True
                return
            time.sleep(PAUSE if reply.damage == "slow" else 0)
            self.wfile.write(body[half:])
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Nothing to stderr."""

    server = _Http(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
