"""A small run, and a server that answers with its model."""

import http.client
import json
import threading
from contextlib import contextmanager

import pytest

from kspec.serving.batching import BatchLimits
from kspec.serving.metrics import Metrics
from kspec.serving.registry import Registry
from kspec.serving.server import listen, make_server
from kspec.serving.settings import Settings

SPEC = """\
kspec: 1
name: small
seed: 3
data:
  csv: table.csv
  inputs: {x: [a, b], city: city}
  targets: kind
inputs: {x: {shape: [2]}, city: {shape: [1], dtype: string}}
layers:
  - StringLookup: {output_mode: one_hot}
    name: place
    from: city
  - Concatenate: {}
    from: [x, place]
  - Dense: {units: 4, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: kind
fit: {epochs: 2, batch_size: 8}
"""


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    """A working directory with a table and a run of `small`."""
    import kspec
    from tests.support.project import make_project

    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("serving")
        write = make_project(path, patch)
        kspec.run(write(SPEC))
        yield path


@contextmanager
def serving(registry, settings, metrics=None):
    """A server in a thread; yields its port."""
    metrics = metrics or Metrics()
    with listen(settings) as listener:
        ready = threading.Event()
        server = make_server(registry, metrics, settings, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert ready.wait(30)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)
            registry.close()


@pytest.fixture(scope="package")
def model(folder):
    from kspec.serving.model import load_model

    return load_model(str(folder / "runs" / "small"), "runs")


@pytest.fixture(scope="package")
def server(model):
    """The port of a server with the model `small`."""
    metrics = Metrics()
    registry = Registry(BatchLimits(), metrics.batch)
    registry.serve("small", model)
    with serving(registry, Settings(port=0), metrics) as port:
        yield port


def ask(port, path, body=None, kind="application/json", method=None, **headers):
    """The status, headers and text of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    data = json.dumps(body).encode() if body is not None and not isinstance(body, (bytes, str)) else body
    sent = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method or ("GET" if body is None else "POST"), path, data, sent)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, dict(response.getheaders()), text


def predictions(port, rows, path="/v1/models/small:predict"):
    """The entries of an answer to rows."""
    status, _, text = ask(port, path, {"instances": rows})
    return status, json.loads(text)["predictions"]
