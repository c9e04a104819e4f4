"""A loopback server that speaks the embedding APIs of OpenAI and Ollama.

Its vectors depend on the text alone, so a test can say which text a row is of.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

import numpy as np

DIMENSION = 8


def vector(text: str) -> list[float]:
    """Return what the server sends for a text: not a unit vector."""
    digest = hashlib.sha256(text.encode()).digest()[:DIMENSION]
    return [byte / 16 - 7.5 for byte in digest]


@dataclass
class EmbeddingServer:
    """What the server will say, and what it was asked.

    Attributes:
        models: names Ollama lists.
        statuses: sent in turn in place of answers, then answers follow.
        body: sent in place of every answer, if not ``None``.
        requests: path and JSON body of each request.
        keys: what came in the Authorization header.
    """

    models: list[str] = field(default_factory=lambda: ["llama3:8b", "nomic-embed-text:latest"])
    statuses: list[int] = field(default_factory=list)
    body: Any = None
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def texts(self) -> list[str]:
        """Return all texts that were to be embedded, in order."""
        return [text for _, body in self.requests for text in body.get("input", [])]

    def answer(self, path: str, asked: dict[str, Any]) -> tuple[int, Any]:
        self.requests.append((path, asked))
        if self.statuses:
            return self.statuses.pop(0), {"error": {"message": "secret-key is wrong"}}
        if self.body is not None:
            return 200, self.body
        if path == "/v1/embeddings":
            return 200, self._openai(asked)
        return self._ollama(path, asked)

    def _ollama(self, path: str, asked: dict[str, Any]) -> tuple[int, Any]:
        if path == "/api/tags":
            entries = [
                {"name": n, "digest": "0123456789abcdef", "details": {}} for n in self.models
            ]
            return 200, {"models": entries}
        if path == "/api/embed" and asked["model"] in {
            name.removesuffix(":latest") for name in self.models
        }:
            return 200, {"embeddings": [vector(text) for text in asked["input"]]}
        return 404, {"error": "not found"}

    def _openai(self, asked: dict[str, Any]) -> Any:
        data = []
        for index, text in enumerate(asked["input"]):
            row: Any = vector(text)
            if asked.get("encoding_format") == "base64":
                row = base64.b64encode(np.array(row, "<f4").tobytes()).decode()
            data.append({"object": "embedding", "index": index, "embedding": row})
        # Out of order, as the API allows.
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return {"object": "list", "data": data[::-1], "model": asked["model"], "usage": usage}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        standin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply({})

            def do_POST(self) -> None:
                self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def log_message(self, *_: object) -> None:
                return

            def _reply(self, asked: dict[str, Any]) -> None:
                standin.keys.append(self.headers.get("Authorization", ""))
                status, answer = standin.answer(self.path, asked)
                payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.send_header("retry-after-ms", "1")
                self.end_headers()
                self.wfile.write(payload)

        return Handler
