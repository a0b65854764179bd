"""A client of the YAML language server, over standard input and output, as in an editor."""

from __future__ import annotations

import json
import subprocess
import threading
from collections import deque
from pathlib import Path
from typing import Any

SERVER = Path(__file__).parent / "node_modules/yaml-language-server/bin/yaml-language-server"
SETTINGS = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}


class YamlServer:
    """A running server; use it in a `with`.

    Args:
        root: The open folder.
        schema: The schema of every document; None to use modelines or `schemas`.
        schemas: Schema → globs, as in an editor's `yaml.schemas`.
    """

    def __init__(self, root: Path, schema: Path | None = None, schemas: dict[str, Any] | None = None) -> None:
        self.root = root
        self.settings = SETTINGS | {"schemas": schemas or ({schema.as_uri(): "*.yaml"} if schema else {})}
        self.count = self.opened = 0
        self.responses: dict[int, Any] = {}
        self.published: deque[dict[str, Any]] = deque()
        self.news = threading.Condition()

    def __enter__(self) -> YamlServer:
        self.process = subprocess.Popen(
            ["node", str(SERVER), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        capabilities = {
            "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
                "hover": {"contentFormat": ["markdown"]},
            },
        }
        folder = {"uri": self.root.as_uri(), "name": "root"}
        self.ask("initialize", processId=None, rootUri=self.root.as_uri(), workspaceFolders=[folder],
                 capabilities=capabilities)  # fmt: skip
        self._send(method="initialized", params={})
        self._send(method="workspace/didChangeConfiguration", params={"settings": {"yaml": self.settings}})
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def diagnostics(self, text: str, name: str | None = None) -> list[dict[str, Any]]:
        """Open a text as a file of the root, and wait for its diagnostics."""
        uri = self._open(text, name)
        with self.news:
            arrived = self.news.wait_for(lambda: any(p["uri"] == uri for p in self.published), timeout=30)
            assert arrived, "the YAML language server does not respond"
            found = [p["diagnostics"] for p in self.published if p["uri"] == uri]
            self.published.clear()
        self._close(uri)
        return sorted(found[-1], key=lambda problem: (problem["range"]["start"]["line"], problem["message"]))

    def completion(self, text: str, name: str | None = None) -> list[dict[str, Any]]:
        """The proposals at the `|` in the text."""
        found = self._at_mark("textDocument/completion", text, name)
        return found["items"] if isinstance(found, dict) else found or []

    def hover(self, text: str, name: str | None = None) -> str:
        """The hover at the `|` in the text."""
        found = self._at_mark("textDocument/hover", text, name)
        return found["contents"]["value"] if found else ""

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request, and wait for its response."""
        self.count += 1
        number = self.count
        self._send(id=number, method=method, params=params)
        with self.news:
            assert self.news.wait_for(lambda: number in self.responses, timeout=30), f"no response to {method}"
            return self.responses.pop(number)

    def _at_mark(self, method: str, text: str, name: str | None) -> Any:
        before, _, after = text.partition("|")
        line = before.count("\n")
        position = {"line": line, "character": len(before) - before.rfind("\n") - 1}
        uri = self._open(before + after, name)
        answer = self.ask(method, textDocument={"uri": uri}, position=position)
        self._close(uri)
        return answer

    def _open(self, text: str, name: str | None) -> str:
        """Open a file under a new name, since the server remembers texts by name."""
        self.opened += 1
        uri = (self.root / (name or f"spec_{self.opened}.yaml")).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        return uri

    def _close(self, uri: str) -> None:
        self._send(method="textDocument/didClose", params={"textDocument": {"uri": uri}})

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while line := stream.readline():
            length = int(line.split(b":")[1])
            while stream.readline().strip():
                pass
            self._take(json.loads(stream.read(length)))

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method == "workspace/configuration":
            sections = [item.get("section") for item in message["params"]["items"]]
            self._send(id=message["id"], result=[self.settings if section == "yaml" else {} for section in sections])
        elif method and "id" in message:
            self._send(id=message["id"], result=None)
        with self.news:
            if method == "textDocument/publishDiagnostics":
                self.published.append(message["params"])
            elif not method:
                self.responses[message["id"]] = message.get("result")
            self.news.notify_all()
