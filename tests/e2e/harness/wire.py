"""HTTP as bytes on a socket: for requests that no client library would send."""

import http.client
import json
import socket
from typing import NamedTuple


class Answer(NamedTuple):
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def read_answer(connection, *, method="POST"):
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return Answer(
        response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    )


def connect(port, *, source="127.0.0.1", within=10):
    """A connection from that loopback address."""
    return socket.create_connection(("127.0.0.1", port), timeout=within, source_address=(source, 0))


def exchange(port, request, *, within=10, close_after=None, source="127.0.0.1"):
    """Sends bytes and reads one answer; `close_after` shuts our writing side after so many bytes."""
    with connect(port, source=source, within=within) as connection:
        connection.sendall(request if close_after is None else request[:close_after])
        if close_after is not None:
            connection.shutdown(socket.SHUT_WR)
        return read_answer(connection, method=request.split(b" ", 1)[0].decode("latin-1"))


def request_bytes(method, path, headers, body=b"", *, length=None):
    """A plain HTTP/1.1 request; `headers` is a list of pairs and may repeat names."""
    lines = [f"{method} {path} HTTP/1.1", "Host: hooks.example.com"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body or length is not None or method == "POST":
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Connection:
    """One keep-alive connection."""

    def __init__(self, port, *, within=10):
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=within)

    def send(self, method, path, body=b"", headers=()):
        self._http.putrequest(method, path, skip_accept_encoding=True)
        for name, value in dict(headers).items():
            self._http.putheader(name, value)
        self._http.putheader("Content-Length", str(len(body)))
        self._http.endheaders(body)
        response = self._http.getresponse()
        answered = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, answered, response.read())

    def close(self):
        self._http.close()
