"""OpenAI's and Ollama's embedders, against a server on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from integrations.contracts.embedder import EmbedderFailure
from integrations.embedders import ollama, openai
from integrations.embedders.ollama import OllamaEmbedder
from integrations.embedders.openai import OpenAIEmbedder
from integrations.embedders.rows import batches, clipped, without_password
from tests.standins.embedding_server import DIMENSION, EmbeddingServer, vector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

NOBODY = "http://someone:hunter2@127.0.0.1:9"


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as server:
        yield server


def expected(texts: Sequence[str]) -> NDArray[np.float64]:
    rows = np.array([vector(text) for text in texts])
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def of_openai(server: EmbeddingServer, model: str = "my-model") -> OpenAIEmbedder:
    return OpenAIEmbedder(model, api_key="secret-key", base_url=server.url + "/v1")


async def test_openai_rows_are_unit_and_in_order(server: EmbeddingServer) -> None:
    embedder = of_openai(server)
    await embedder.open()
    assert (embedder.name, embedder.dimension) == ("openai:my-model", DIMENSION)
    rows = await embedder.embed(["one", "two", "three"])
    np.testing.assert_allclose(rows, expected(["one", "two", "three"]), atol=1e-6)
    assert rows.dtype == np.float32
    assert (await embedder.embed([])).shape == (0, DIMENSION)
    assert set(server.keys) == {"Bearer secret-key"}
    await embedder.close()


async def test_openai_batches_and_cuts(server: EmbeddingServer) -> None:
    embedder = of_openai(server)
    texts = [f"{i} " + "é" * 10_000 for i in range(60)] + ["", "\ud800"]
    rows = await embedder.embed(texts)
    await embedder.close()
    assert len(rows) == len(texts)
    assert len(server.requests) > 1
    for _, body in server.requests:
        sizes = [len(text.encode()) for text in body["input"]]
        assert 0 < min(sizes) <= max(sizes) <= openai.MAX_TEXT_BYTES
        assert sum(sizes) <= openai.MAX_REQUEST_BYTES
        assert len(sizes) <= openai.MAX_REQUEST_TEXTS
    np.testing.assert_allclose(rows, expected(server.texts()), atol=1e-6)


async def test_openai_tries_again_after_a_passing_error(server: EmbeddingServer) -> None:
    server.statuses = [500, 429]
    embedder = of_openai(server)
    assert (await embedder.embed(["text"])).shape == (1, DIMENSION)
    await embedder.close()
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ([401], "refused the key: set OPENAI_API_KEY"),
        ([403], "refused the key"),
        ([404], "has no model my-model"),
        ([429] * 3, "slow down"),
        ([500] * 3, "status 500"),
        ([400], "status 400"),
    ],
)
async def test_openai_errors_are_one_sentence_without_secrets(
    server: EmbeddingServer, statuses: list[int], words: str
) -> None:
    server.statuses = statuses
    embedder = of_openai(server)
    with pytest.raises(EmbedderFailure, match=words) as caught:
        await embedder.embed(["private words"])
    await embedder.close()
    assert "secret" not in str(caught.value)
    assert "private" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


def row(*numbers: float) -> dict[str, Any]:
    return {"object": "embedding", "index": 0, "embedding": list(numbers)}


@pytest.mark.parametrize(
    "data", [[], [row(1, 2), row(1, 2)], [row()], [row(float("nan"))], [row(float("inf"), 1)]]
)
async def test_openai_answers_that_make_no_sense_are_refused(
    server: EmbeddingServer, data: list[Any]
) -> None:
    server.body = {"object": "list", "data": data, "model": "m", "usage": {}}
    embedder = of_openai(server)
    with pytest.raises(EmbedderFailure):
        await embedder.embed(["text"])
    await embedder.close()


async def test_openai_vectors_of_another_length_are_refused(server: EmbeddingServer) -> None:
    embedder = of_openai(server, "text-embedding-3-large")
    assert embedder.dimension == 3072
    with pytest.raises(EmbedderFailure, match="8 numbers in place of 3072"):
        await embedder.embed(["text"])
    await embedder.close()


async def test_nobody_there_is_said_without_the_password() -> None:
    remote = OpenAIEmbedder(api_key="k", base_url=NOBODY + "/v1")
    local = OllamaEmbedder("nomic-embed-text", base_url=NOBODY)
    for embedder in (remote, local):
        with pytest.raises(EmbedderFailure, match=r"127\.0\.0\.1:9.* cannot be reached") as caught:
            await embedder.open()
        assert "hunter2" not in str(caught.value)
        await embedder.close()


async def test_ollama_rows_are_unit_and_named_after_the_models_digest(
    server: EmbeddingServer,
) -> None:
    server.models.append("plain-embed:v2")
    embedder = OllamaEmbedder("plain-embed:v2", base_url=server.url + "/v1/")
    await embedder.open()
    assert (embedder.name, embedder.dimension) == ("ollama:plain-embed:v2-01234567", DIMENSION)
    texts = [f"text {i}" for i in range(ollama.MAX_REQUEST_TEXTS + 5)]
    rows = await embedder.embed(texts)
    np.testing.assert_allclose(rows, expected(texts), atol=1e-6)
    assert (await embedder.embed([])).shape == (0, DIMENSION)
    await embedder.close()


async def test_ollama_takes_the_first_model_that_can_embed(server: EmbeddingServer) -> None:
    embedder = OllamaEmbedder(base_url=server.url)
    await embedder.open()
    assert embedder.name == "ollama:nomic-embed-text-01234567"
    await embedder.embed(["question"], query=True)
    await embedder.embed(["passage"])
    assert server.texts()[-2:] == ["search_query: question", "search_document: passage"]
    await embedder.close()


@pytest.mark.parametrize(("model", "words"), [("", "no embedding model"), ("other", "pull other")])
async def test_ollama_without_the_model_says_what_to_pull(
    server: EmbeddingServer, model: str, words: str
) -> None:
    server.models = ["llama3:8b"]
    embedder = OllamaEmbedder(model, base_url=server.url)
    with pytest.raises(EmbedderFailure, match=words):
        await embedder.open()
    await embedder.close()


@pytest.mark.parametrize("body", [b"<html>", b"[]", {"embeddings": "x"}, {"embeddings": [[], []]}])
async def test_ollama_answers_that_make_no_sense_are_refused(
    server: EmbeddingServer, body: Any
) -> None:
    embedder = OllamaEmbedder("nomic-embed-text", base_url=server.url)
    await embedder.open()
    server.body = body
    with pytest.raises(EmbedderFailure):
        await embedder.embed(["text"])
    server.body, server.statuses = None, [404]
    with pytest.raises(EmbedderFailure, match="ollama pull nomic-embed-text"):
        await embedder.embed(["text"])
    server.statuses = [500]
    with pytest.raises(EmbedderFailure, match="status 500"):
        await embedder.embed(["text"])
    await embedder.close()


def test_clipping_keeps_whole_characters() -> None:
    assert clipped("ééé", 5) == "éé"
    assert clipped("", 5) == " "


def test_batches_hold_both_limits() -> None:
    assert list(batches(["aa", "b", "cc", "d"], max_count=2, max_bytes=3)) == [
        ["aa", "b"],
        ["cc", "d"],
    ]
    assert list(batches(["aaaa", "b"], max_count=2, max_bytes=3)) == [["aaaa"], ["b"]]


def test_a_shown_url_has_no_password() -> None:
    assert without_password("https://me:pw@host:1/v1?key=s") == "https://host:1/v1"
