"""What ``MYNAH_EMBEDDER`` may say, and what "auto" means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from integrations.contracts.embedder import EmbedderFailure
from integrations.embedders.choose import EmbedderSettings, choose
from tests.standins import tiny_onnx
from tests.standins.embedding_server import EmbeddingServer

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = "http://127.0.0.1:9"
BARE = EmbedderSettings(ollama_base_url=NOWHERE)


async def chosen(spec: str, settings: EmbedderSettings = BARE) -> str:
    embedder = await choose(spec, settings)
    name = embedder.name
    await embedder.close()
    return name


@pytest.mark.parametrize("spec", ["auto", "", "hashing", "hashing:v1-512", " hashing "])
async def test_a_bare_machine_hashes(spec: str) -> None:
    assert await chosen(spec) == "hashing:v1-512"


async def test_auto_takes_a_key_at_its_word() -> None:
    # No request is made: an outage must not change which embedder is used.
    settings = EmbedderSettings(openai_api_key="k", ollama_base_url=NOWHERE)
    assert await chosen("auto", settings) == "openai:text-embedding-3-large"


async def test_auto_takes_ollama_if_it_can_embed() -> None:
    with EmbeddingServer() as server:
        settings = EmbedderSettings(ollama_base_url=server.url)
        assert await chosen("auto", settings) == "ollama:nomic-embed-text-01234567"
        server.models = ["llama3:8b"]
        assert await chosen("auto", settings) == "hashing:v1-512"


async def test_auto_goes_on_if_a_server_of_ones_own_has_no_embeddings() -> None:
    with EmbeddingServer() as server:
        server.statuses = [404]
        settings = EmbedderSettings(
            openai_api_key="k", openai_base_url=server.url + "/v1", ollama_base_url=NOWHERE
        )
        assert await chosen("auto", settings) == "hashing:v1-512"


async def test_explicit_forms(tmp_path: Path) -> None:
    with EmbeddingServer() as server:
        settings = EmbedderSettings(openai_base_url=server.url + "/v1", ollama_base_url=server.url)
        assert await chosen("openai:some-model", settings) == "openai:some-model"
        assert (
            await chosen("ollama:nomic-embed-text", settings) == "ollama:nomic-embed-text-01234567"
        )
        assert (await chosen("ollama", settings)).startswith("ollama:nomic")
    name = await chosen(f"onnx:{tiny_onnx.write(tmp_path / 'tiny')}")
    assert name.startswith("onnx:tiny-")


@pytest.mark.parametrize("spec", ["fasttext", "onnx", "onnx:", "auto:x", "hashing:v0", "Hashing"])
async def test_what_names_no_embedder_lists_the_forms(spec: str) -> None:
    with pytest.raises(EmbedderFailure, match=r"auto, hashing, onnx:DIR, openai.* or ollama"):
        await choose(spec, BARE)


@pytest.mark.parametrize("spec", ["openai", "ollama", "onnx:/nowhere/at/all"])
async def test_an_explicit_embedder_that_is_not_there_is_not_replaced(spec: str) -> None:
    with pytest.raises(EmbedderFailure):
        await choose(spec, BARE)


def test_settings_do_not_show_the_key() -> None:
    assert "secret" not in repr(EmbedderSettings(openai_api_key="secret"))
