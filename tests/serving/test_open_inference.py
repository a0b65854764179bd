"""A published client of Triton asks for predictions, with tensors as bytes and as JSON."""

import json

import numpy as np
import pytest

from tests.serving.conftest import ask, predictions

triton = pytest.importorskip("tritonclient.http")
ROWS = [{"a": 0.5, "b": -1.25, "city": "oslo"}, {"a": -2.0, "b": 0.125, "city": "rome"}]


@pytest.fixture
def client(server):
    with triton.InferenceServerClient(f"127.0.0.1:{server}") as opened:
        yield opened


def inputs(binary):
    found = []
    for name, kind, dtype in (("a", "FP32", np.float32), ("b", "FP64", np.float64), ("city", "BYTES", object)):
        tensor = triton.InferInput(name, [2], kind)
        tensor.set_data_from_numpy(np.array([row[name] for row in ROWS], dtype), binary_data=binary)
        found.append(tensor)
    return found


def test_the_client_finds_the_model(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("small")
    assert not client.is_model_ready("large")
    metadata = client.get_model_metadata("small")
    assert {each["name"]: each["datatype"] for each in metadata["inputs"]} == {
        "a": "FP32",
        "b": "FP32",
        "city": "BYTES",
    }
    assert [each["name"] for each in metadata["outputs"]] == ["kind", "kind_probabilities"]


@pytest.mark.parametrize("binary", [True, False])
def test_the_client_gets_the_predictions(client, server, binary):
    outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("kind", "kind_probabilities")]
    result = client.infer("small", inputs(binary), outputs=outputs, request_id="7")
    expected = [entry["outputs"]["kind"] for entry in predictions(server, ROWS)[1]]
    labels = [each.decode() if isinstance(each, bytes) else each for each in result.as_numpy("kind")]
    assert labels == [each["prediction"] for each in expected]
    probabilities = result.as_numpy("kind_probabilities")
    assert probabilities.dtype == np.float32
    assert probabilities == pytest.approx(
        np.array([list(each["probabilities"].values()) for each in expected]), abs=1e-6
    )
    assert result.get_response()["id"] == "7"


def test_a_tensor_of_an_input_of_the_network(server):
    body = {"inputs": [
        {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [0.5, -1.25, -2.0, 0.125]},
        {"name": "city", "shape": [2, 1], "datatype": "BYTES", "data": [["oslo"], ["rome"]]},
    ]}  # fmt: skip
    status, _, text = ask(server, "/v2/models/small/infer", body)
    assert status == 200
    assert json.loads(text)["outputs"][0]["data"] == [
        entry["outputs"]["kind"]["prediction"] for entry in predictions(server, ROWS)[1]
    ]


@pytest.mark.parametrize(
    ("tensor", "status"),
    [
        ({}, 400),
        ({"name": "a", "shape": [10**9], "datatype": "FP32", "data": [1]}, 400),
        ({"name": "a", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}, 400),
        ({"name": "a", "shape": [1], "datatype": "FP8", "data": [1]}, 400),
        ({"name": "a", "shape": [1], "datatype": "FP32", "data": [1]}, 422),
    ],
)
def test_what_is_no_tensor_is_refused(server, tensor, status):
    found, _, text = ask(server, "/v2/models/small/infer", {"inputs": [tensor]})
    assert found == status
    assert isinstance(json.loads(text)["error"], str)


def test_the_description_of_the_server(server):
    from jsonschema import Draft202012Validator
    from openapi_spec_validator import OpenAPIV31SpecValidator

    status, _, text = ask(server, "/openapi.json")
    document = json.loads(text)
    assert status == 200
    OpenAPIV31SpecValidator(document).validate()
    assert {"/v1/models/small:predict", "/v2/models/{name}/infer"} <= set(document["paths"])
    row = Draft202012Validator(document["components"]["schemas"]["small.row"])
    assert row.is_valid(ROWS[0])
    assert not row.is_valid({"a": "tall", "b": 1, "city": "oslo"})
    assert "swagger-ui" in ask(server, "/docs")[2]
    for name in ("docs.js", "swagger-ui-bundle.js", "swagger-ui.css"):
        assert ask(server, f"/assets/{name}")[0] == 200
    assert ask(server, "/assets/..%2Fdocs.html")[0] == 404
