"""What a client may send that no editor sends, and texts that take long to check."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from kspec.compiler.check import check_spec
from kspec.diagnostics import Source
from kspec.lsp.document import Document
from tests.lsp.specs import SMALL

START = "import sys; from kspec.cli import main; sys.exit(main(['lsp']))"


def _message(**content: Any) -> bytes:
    body = json.dumps({"jsonrpc": "2.0"} | content).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def test_faulty_parameters_get_an_error_and_a_faulty_length_ends_the_session(tmp_path: Path):
    initialize = _message(
        id=1, method="initialize", params={"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {}}
    )
    faulty = _message(id=2, method="textDocument/hover", params={"textDocument": 5, "position": "here"})
    right = _message(
        id=3,
        method="textDocument/hover",
        params={"textDocument": {"uri": "file:///none.yaml"}, "position": {"line": 0, "character": 0}},
    )
    sent = initialize + faulty + right + b"Content-Length: -5\r\n\r\n" + _message(id=4, method="shutdown")
    server = subprocess.Popen([sys.executable, "-c", START], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(sent)
    server.stdin.flush()  # it stays open: the server ends by itself
    deadline = threading.Timer(60, server.kill)
    deadline.start()
    answered = server.stdout.read().decode()
    server.stdin.close()
    server.stdout.close()
    assert server.wait() >= 0, "the session did not end"
    deadline.cancel()
    bodies = [json.loads(part[part.index("{") :]) for part in answered.split("Content-Length: ")[1:]]
    answers = {body["id"]: body for body in bodies if "id" in body and "method" not in body}
    assert "error" in answers[2]
    assert answers[3].get("error") is None
    assert 4 not in answers


def test_a_text_that_takes_long_keeps_no_other_waiting():
    gate = threading.Event()

    def slow(source: Source, permissions: Any) -> Any:
        assert gate.wait(60)
        return check_spec(source, permissions=permissions)

    def quick(source: Source, permissions: Any) -> Any:
        return check_spec(source, permissions=permissions)

    async def both() -> None:
        first, second = Document("file:///a.yaml", SMALL, 1, slow), Document("file:///b.yaml", SMALL, 1, quick)
        waiting = asyncio.create_task(first.ready())
        await asyncio.sleep(0)
        await second.ready()
        assert not waiting.done()
        gate.set()
        await waiting
        assert len(first.diagnostics) == len(second.diagnostics)

    asyncio.run(both())
