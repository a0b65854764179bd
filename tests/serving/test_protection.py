"""What a server refuses before a model sees it, and that it lives on."""

import contextlib
import http.client
import json
import socket

import pytest

from kspec.serving.batching import BatchLimits
from kspec.serving.registry import Registry
from kspec.serving.settings import Bounds, Settings
from tests.serving.conftest import ask, predictions, serving

PATH = "/v1/models/small:predict"
ROW = {"a": 0.5, "b": -1.25, "city": "oslo"}


@pytest.fixture(scope="module")
def strict(model):
    """The port of a server with a token and tight bounds."""
    registry = Registry(BatchLimits(), lambda *_: None)
    registry.serve("small", model)
    bounds = Bounds(body=2000, rows=10, header=4096, seconds=0.5)
    with serving(registry, Settings(port=0, token="a-token-of-32-letters-or-so", bounds=bounds)) as port:
        yield port


def authorized(port, body, **headers):
    return ask(port, PATH, body, authorization="Bearer a-token-of-32-letters-or-so", **headers)


def test_a_token_is_asked_for(strict):
    assert ask(strict, PATH, [ROW])[0] == 401
    assert ask(strict, PATH, [ROW], authorization="Bearer wrong")[0] == 401
    assert ask(strict, "/metrics")[0] == 401
    assert ask(strict, "/readyz")[0] == 200
    assert authorized(strict, [ROW])[0] == 200


def test_large_bodies_and_many_rows_are_refused(strict):
    assert authorized(strict, "x" * 3000)[0] == 413
    assert authorized(strict, [[1, 2, "x"]] * 11)[0] == 413
    assert authorized(strict, [ROW], content_encoding="gzip")[0] == 415
    assert authorized(strict, [ROW])[0] == 200


def test_a_client_that_sends_too_much_hears_so(model):
    registry = Registry(BatchLimits(), lambda *_: None)
    registry.serve("small", model)
    with serving(registry, Settings(port=0, bounds=Bounds(body=1 << 20))) as port:
        body = b"x" * (3 << 20)  # more than lies in the buffers of a connection
        assert ask(port, PATH, body)[0] == 413
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", PATH, iter([body[: 1 << 19]] * 6))  # in chunks, without a length
        response = connection.getresponse()
        assert response.status == 413
        assert b"1,048,576 bytes" in response.read()


def raw(port, data, wait=10):
    """What the server sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        received = b""
        with contextlib.suppress(ConnectionError):  # it closes before it has read all
            connection.sendall(data)
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                received += piece
        return received


def test_headers_of_a_megabyte_and_slow_clients_end(strict):
    assert b" 400 " in raw(strict, b"GET / HTTP/1.1\r\nHost: localhost\r\nx: " + b"y" * (1 << 20))
    assert raw(strict, b"GET / HTTP/1.1\r\nHost: local") == b""
    head = b"POST /v1/models/small:predict HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a-token-of-32-letters-or-so\r\n"
    assert b" 408 " in raw(strict, head + b"Content-Length: 100\r\n\r\n[")
    assert authorized(strict, [ROW])[0] == 200


def test_names_of_other_sites_are_refused(server):
    assert ask(server, PATH, [ROW], host="example.org")[0] == 421
    assert ask(server, PATH, [ROW], host="localhost:80")[0] == 200


def test_an_answer_holds_no_path_and_no_traceback(server, model, folder, monkeypatch):
    def fail(_):
        raise RuntimeError(f"secret {folder}")

    monkeypatch.setattr(type(model), "predict", lambda self, rows: fail(rows))
    status, _, text = ask(server, PATH, [ROW])
    assert (status, json.loads(text)) == (500, {"error": "the server failed"})
    monkeypatch.undo()
    assert predictions(server, [ROW])[0] == 200
