"""An HTTPS server on this machine that plays what a sender publishes: keys, certificates, answers."""

import http.server
import ssl
import threading

from .certificates import make_certificate


class AnsweringServer:
    """`routes`: path without query -> function of (path with query, body) that gives status and bytes."""

    def __init__(self, folder):
        self.routes = {}
        self.asked = []  # "METHOD /path?query"
        folder.mkdir(exist_ok=True)
        self.certificate, self._key = make_certificate(folder, "localhost")
        self.port = 0
        self._server = None

    def start(self):
        """On the port that it had before, if it had one."""
        ours = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                ours.asked.append(f"{self.command} {self.path}")
                route = ours.routes.get(self.path.split("?")[0])
                status, content = route(self, body) if route else (404, b"")
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self._server = http.server.ThreadingHTTPServer(("localhost", self.port), Handler)
        self.port = self._server.server_port
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self._key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def host(self):
        return f"localhost:{self.port}"

    @property
    def url(self):
        return f"https://{self.host}"

    def count(self, begins):
        return sum(one.startswith(begins) for one in self.asked)
