"""Voices, written down over OpenAI's transcription API, by whoever serves it.

Decides how long to wait, and what a person is told when it fails. Refuses to repeat what a
provider wrote: it may echo keys and people's words.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from integrations.contracts.media import MediaReader
from integrations.contracts.model import (
    ModelFailure,
    ModelInvalidRequest,
    ModelRateLimited,
    ModelTimeout,
    ModelUnauthorized,
    ModelUnavailable,
    ModelUnknown,
)
from integrations.loading import load
from integrations.models.mapping import MappingFailure, ModelRef
from integrations.models.media import medium_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from openai import AsyncOpenAI

    from integrations.models.mapping import ModelSettings

VARIABLE: Final = "MYNAH_TRANSCRIPTION"
TIMEOUT_S: Final = 120.0
_NO_KEY: Final = "no-key"

_STATUSES: Final[dict[int, tuple[type[ModelFailure], str]]] = {
    400: (ModelInvalidRequest, "it does not take this recording"),
    401: (ModelUnauthorized, "it did not accept the key: check {key}"),
    403: (ModelUnauthorized, "the key may not use it: check {key}"),
    404: (ModelUnknown, "the server does not have it: correct MYNAH_TRANSCRIPTION"),
    413: (ModelInvalidRequest, "the recording is too long for it"),
    415: (ModelInvalidRequest, "it does not take this kind of recording"),
    429: (ModelRateLimited, "it asks to slow down: try again later"),
}


class Hearing(MediaReader):
    """Listens to recordings.

    Args:
        ref: the model's name.
        client: reaches its provider, and retries nothing.
    """

    def __init__(self, ref: ModelRef, client: AsyncOpenAI) -> None:
        self._ref = ref
        self._client = client

    async def read(self, name: str, data: bytes, media_type: str, question: str) -> str:
        """Return the words of a recording.

        Raises:
            ModelFailure: if they cannot be had.
        """
        del question
        medium = medium_of(data)
        # Services tell the format by the name's ending, and people name files as they like.
        named = f"{PurePath(name).stem[:60] or 'voice'}.{medium.suffix if medium else 'mp3'}"
        try:
            async with asyncio.timeout(TIMEOUT_S):
                said = await self._client.audio.transcriptions.create(
                    file=(named, data, media_type), model=self._ref.model, response_format="json"
                )
            return str(said.text).strip()
        except TimeoutError:
            raise ModelTimeout(str(self._ref), "it did not answer in time") from None
        except Exception as error:  # noqa: BLE001 - whatever a provider sends, the turn goes on
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> ModelFailure:
        status = getattr(error, "status_code", None)
        kind, sentence = _STATUSES.get(
            status or 0,
            (
                ModelUnavailable,
                f"it answered with error {status}" if status else "it cannot be reached",
            ),
        )
        key = f"{self._ref.provider.upper()}_API_KEY"
        return kind(str(self._ref), sentence.format(key=key))


@asynccontextmanager
async def open_hearing(mapped: str, settings: ModelSettings) -> AsyncIterator[Hearing | None]:
    """Yield what listens to recordings, or nothing if no model is mapped to it.

    Args:
        mapped: ``provider:model``, of a server with OpenAI's transcription API; blank for none.
        settings: keys and addresses.

    Raises:
        MappingFailure: if it names none that could.
    """
    if not mapped.strip():
        yield None
        return
    ref, base_url, key = _address(mapped, settings)
    sdk = await asyncio.to_thread(load, "openai")
    async with sdk.AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0) as client:
        yield Hearing(ref, client)


def _address(mapped: str, settings: ModelSettings) -> tuple[ModelRef, str, str]:
    try:
        ref = ModelRef.parse(mapped)
    except MappingFailure as failure:
        raise MappingFailure(f"{VARIABLE}: {failure}") from None
    match ref.provider:
        case "openai":
            secret = settings.openai_api_key
            return ref, settings.openai_base_url, secret.get_secret_value() if secret else _NO_KEY
        case "ollama":
            return ref, f"{settings.ollama_root}/v1", _NO_KEY
        case provider:
            raise MappingFailure(
                f"{VARIABLE}: {provider} writes no recordings down: map it to openai:MODEL, and "
                "set OPENAI_BASE_URL if another server with OpenAI's API does it."
            )
