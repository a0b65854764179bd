"""Addresses at which no Ray cluster answers: each is one diagnostic, within seconds."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest

from kspec.cluster import connect, probe
from kspec.cluster.connect import connected
from kspec.diagnostics import SpecError, codes


def problem(address):
    with pytest.raises(SpecError) as raised, connected(address):
        pass
    [diagnostic] = raised.value.diagnostics
    return diagnostic


@pytest.fixture
def port():
    """A port of this machine where nothing answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1]


@pytest.mark.parametrize("address", ["", "here", "host:", ":6379", "host:port", "host:0", "host:99999", "a host:6379"])
def test_what_is_no_address(address):
    found = problem(address)
    assert found.code == codes.UNREACHABLE_CLUSTER
    assert "no address" in found.message
    assert "HOST:PORT" in found.help


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_nothing_answers(port, scheme):
    found = problem(f"{scheme}127.0.0.1:{port}")
    assert found.code == codes.UNREACHABLE_CLUSTER
    assert "connection refused" in found.message
    assert found.span.source.name == "--ray"


def test_an_address_where_something_else_answers(port, monkeypatch):
    monkeypatch.setattr(connect, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(connect, "_accepts", lambda _: "")
    assert "no answer of Ray" in problem(f"127.0.0.1:{port}").message


def test_auto_ignores_a_cluster_that_is_gone(tmp_path, port, monkeypatch):
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text(f"127.0.0.1:{port}")
    assert connect._address("auto") is None
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.5:6379")
    assert connect._address("auto") == "10.0.0.5:6379"


def test_without_ray(monkeypatch):
    monkeypatch.setattr(connect, "find_spec", lambda _: None)
    found = problem("auto")
    assert found.code == codes.MISSING_PACKAGE
    assert found.help == "pip install 'kspec[ray]'"


def test_a_machine_describes_itself(tmp_path):
    found = probe.look(("kspec", "keras", "no-such-package"), [str(tmp_path), str(tmp_path / "missing")])
    assert found["versions"]["no-such-package"] is None
    assert None not in (found["versions"]["kspec"], found["versions"]["keras"], found["versions"]["python"])
    facts = tmp_path.stat()
    assert found["folders"] == [(facts.st_ino, facts.st_mtime_ns), None]


@pytest.mark.parametrize(("here", "is_part"), [([], False), (["0b"], False), (["0a", "0b"], True)])
def test_a_machine_is_a_part_of_a_cluster_whose_node_it_runs(monkeypatch, here, is_part):
    class Client:
        def __init__(self, address):
            assert address == "10.0.0.5:6379"

        def get_all_node_info(self, **_):
            return {bytes.fromhex("0a"): None, bytes.fromhex("0c"): None}

    module = SimpleNamespace(find_node_ids=lambda: here, GcsClient=Client)
    monkeypatch.setattr(connect, "import_module", lambda name: module)
    assert connect._is_part_of("10.0.0.5:6379") is is_part
