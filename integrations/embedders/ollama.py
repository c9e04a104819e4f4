"""Embeddings from a local Ollama, over its own ``/api/embed``.

Decides which of the models there can embed and which words a model wants
before a question. Refuses to download models: ``ollama pull`` is a person's
decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx
import numpy as np

from integrations.contracts.embedder import EmbedderFailure
from integrations.embedders.rows import batches, checked, clipped, without_password

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DEFAULT_URL: Final = "http://127.0.0.1:11434"
MAX_TEXT_BYTES: Final = 8_000
MAX_REQUEST_TEXTS: Final = 64

_SUGGESTED: Final = "nomic-embed-text"
_MARKS: Final = ("embed", "minilm", "bge-", "e5-", "gte-", "bert")
"""Parts of the names and families of embedding models; the list of models says no more."""

_PREFIXES: Final = {
    "nomic-embed-text": ("search_query: ", "search_document: "),
    "mxbai-embed-large": ("Represent this sentence for searching relevant passages: ", ""),
    "snowflake-arctic-embed": ("Represent this sentence for searching relevant passages: ", ""),
}
"""Before a question and before a passage, as the models' cards ask for."""

_PROBE_S: Final = 3.0
"""Listing models is instant where Ollama runs; who has none should not wait at start."""


class OllamaEmbedder:
    """A model in Ollama.

    Args:
        model: such as "nomic-embed-text"; "" takes the first that can embed.
        base_url: Ollama's root; a trailing ``/v1`` is ignored.
        timeout_s: the longest wait for one request; the first one loads the model.
    """

    def __init__(
        self, model: str = "", *, base_url: str = DEFAULT_URL, timeout_s: float = 120.0
    ) -> None:
        self._model = model
        self._base_url = base_url.rstrip("/").removesuffix("/v1")
        self._timeout_s = timeout_s
        self._digest = ""
        self._dimension = 0
        self._client: httpx.AsyncClient | None = None

    @property
    def name(self) -> str:
        """``ollama:MODEL-DIGEST`` once open: a tag may be pulled again and mean another model."""
        return f"ollama:{self._model}" + (f"-{self._digest}" if self._digest else "")

    @property
    def dimension(self) -> int:
        """Length of each vector. Known after ``open``."""
        return self._dimension

    async def open(self) -> None:
        """Find the model and embed one word with it.

        Raises:
            EmbedderFailure: if Ollama is not there or does not have the model.
        """
        try:
            answer = await self._call("GET", "/api/tags", timeout_s=_PROBE_S)
            entry = self._pick([e for e in _list(answer.get("models")) if isinstance(e, dict)])
            self._model = self._model or str(entry.get("name", "")).removesuffix(":latest")
            self._digest = str(entry.get("digest", "")).removeprefix("sha256:")[:8]
            self._dimension = (await self.embed(["hello"])).shape[1]
        except EmbedderFailure:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return unit rows; see the port. Ollama cuts texts at the model's own limit."""
        family = self._model.partition(":")[0].rpartition("/")[2]
        prefix = _PREFIXES.get(family, ("", ""))[0 if query else 1]
        sent = [prefix + clipped(text, MAX_TEXT_BYTES) for text in texts]
        if not sent:
            return np.zeros((0, self._dimension), np.float32)
        rows = []
        limit = MAX_REQUEST_TEXTS * MAX_TEXT_BYTES
        for batch in batches(sent, max_count=MAX_REQUEST_TEXTS, max_bytes=limit):
            body = {"model": self._model, "input": batch, "truncate": True}
            answer = await self._call("POST", "/api/embed", body, timeout_s=self._timeout_s)
            rows.append(
                checked(
                    [row for row in _list(answer.get("embeddings")) if isinstance(row, list)],
                    count=len(batch),
                    dimension=self._dimension,
                    source=f"Ollama ({self._model})",
                )
            )
        return np.concatenate(rows)

    def _pick(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        for entry in entries:
            name = str(entry.get("name", ""))
            details = entry.get("details")
            family = str(details.get("family", "")) if isinstance(details, dict) else ""
            if self._model:
                if name in {self._model, f"{self._model}:latest"}:
                    return entry
            elif any(mark in f"{name} {family}".lower() for mark in _MARKS):
                return entry
        wanted = self._model or _SUGGESTED
        raise EmbedderFailure(
            f"Ollama at {without_password(self._base_url)} has no "
            f"{'model ' + self._model if self._model else 'embedding model'}: "
            f"run “ollama pull {wanted}”"
        )

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, timeout_s: float
    ) -> dict[str, Any]:
        where = without_password(self._base_url)
        if self._client is None:
            self._client = httpx.AsyncClient()
        try:
            response = await self._client.request(
                method, self._base_url + path, json=body, timeout=timeout_s
            )
        except httpx.TimeoutException:
            raise EmbedderFailure(
                f"Ollama at {where} did not answer within {timeout_s:g} s: "
                "see whether it is still loading the model"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise EmbedderFailure(
                f"Ollama at {where} cannot be reached: start it with “ollama serve”, "
                "or set OLLAMA_BASE_URL"
            ) from None
        if response.status_code == httpx.codes.NOT_FOUND and path == "/api/embed":
            raise EmbedderFailure(
                f"Ollama at {where} has no model {self._model}: run “ollama pull {self._model}”"
            )
        answer = _object(response) if response.is_success else None
        if answer is None:
            raise EmbedderFailure(
                f"{where} did not answer {path} as Ollama does (status {response.status_code}): "
                "check OLLAMA_BASE_URL and that the model is an embedding model"
            )
        return answer


def _object(response: httpx.Response) -> dict[str, Any] | None:
    try:
        read = response.json()
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
