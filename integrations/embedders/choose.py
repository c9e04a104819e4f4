"""Which embedder ``MYNAH_EMBEDDER`` names.

Decides what "auto" means on this machine. Refuses to read the environment:
settings come as an argument.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from integrations.contracts.embedder import EmbedderFailure
from integrations.embedders import ollama, openai
from integrations.embedders.hashing import HashingEmbedder
from integrations.embedders.onnx import OnnxEmbedder

if TYPE_CHECKING:
    from integrations.contracts.embedder import Embedder

FORMS = "auto, hashing, onnx:DIR, openai[:MODEL] or ollama[:MODEL]"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EmbedderSettings:
    """What embedders need to know of the settings; the names are those of the environment.

    Attributes:
        openai_api_key: "" where there is none.
        openai_base_url: "" for OpenAI's own.
        ollama_base_url: where Ollama listens.
        threads: for models that run in this process.
    """

    openai_api_key: str = field(default="", repr=False)
    openai_base_url: str = ""
    ollama_base_url: str = ollama.DEFAULT_URL
    threads: int = 2


async def choose(spec: str, settings: EmbedderSettings) -> Embedder:
    """Return the embedder that a setting names, open.

    "auto" takes OpenAI where its key is set, else Ollama where it runs and has
    an embedding model, else ``hashing``.

    Raises:
        EmbedderFailure: if the setting names none, or that one is not there.
    """
    kind, _, rest = spec.strip().partition(":")
    rest = rest.strip()
    if kind in {"", "auto"} and not rest:
        return await _auto(settings)
    embedder: Embedder
    if kind == "hashing" and rest in {"", HashingEmbedder().name.partition(":")[2]}:
        embedder = HashingEmbedder()
    elif kind == "onnx" and rest:
        embedder = _onnx(rest, settings)
    elif kind == "openai":
        embedder = _openai(rest, settings)
    elif kind == "ollama":
        embedder = ollama.OllamaEmbedder(rest, base_url=settings.ollama_base_url)
    else:
        raise EmbedderFailure(f"MYNAH_EMBEDDER={spec} names no embedder: use {FORMS}")
    return await _opened(embedder)


async def _auto(settings: EmbedderSettings) -> Embedder:
    if settings.openai_api_key:
        embedder = _openai("", settings)
        if not settings.openai_base_url:
            # Not asked whether it answers: an outage at start must not move every vector to
            # another embedder.
            return embedder
        # Another server behind the same API may have no embeddings at all.
        try:
            return await _opened(embedder)
        except EmbedderFailure as failure:
            _log.warning("no embeddings there, so another embedder is used: %s", failure)
    try:
        return await _opened(ollama.OllamaEmbedder(base_url=settings.ollama_base_url))
    except EmbedderFailure as failure:
        _log.info("hashing is used: %s", failure)
    return await _opened(HashingEmbedder())


def _onnx(folder: str, settings: EmbedderSettings) -> Embedder:
    # Absolute, because the folder's name becomes part of the embedder's, and "." has none.
    return OnnxEmbedder(Path(folder).expanduser().absolute(), threads=settings.threads)


def _openai(model: str, settings: EmbedderSettings) -> Embedder:
    if not settings.openai_api_key and not settings.openai_base_url:
        raise EmbedderFailure(
            "embedding with OpenAI needs a key: set OPENAI_API_KEY, or MYNAH_EMBEDDER=hashing"
        )
    return openai.OpenAIEmbedder(
        model or openai.DEFAULT_MODEL,
        # Servers of one's own often want none, and the SDK insists on one.
        api_key=settings.openai_api_key or "none",
        base_url=settings.openai_base_url or None,
    )


async def _opened(embedder: Embedder) -> Embedder:
    try:
        await embedder.open()
    except BaseException:
        await embedder.close()
        raise
    return embedder
