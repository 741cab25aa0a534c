"""A repository behind HTTP that asks for a token, as that of a private repository does; git's own server answers."""

import os
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread


@contextmanager
def serving_git(folder: Path, token: str) -> Iterator[tuple[str, list[str]]]:
    """The address of the server for the repositories of a folder, and the credentials that it was given."""
    given: list[str] = []
    expected = f"basic {b64encode(f'x-access-token:{token}'.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            said = self.headers.get("Authorization", "")
            given.append(said)
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if said != expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            head, _, content = self._backend(body).partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in {**fields, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815 - the names that http.server looks for

        def _backend(self, body: bytes) -> bytes:
            path, _, query = self.path.partition("?")
            environment = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
            }
            line = ["git", "http-backend"]
            return subprocess.run(line, input=body, env=environment, stdout=subprocess.PIPE, check=True).stdout

        def log_message(self, *_: object) -> None:
            """Nothing to stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", given
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
