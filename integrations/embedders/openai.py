"""Embeddings from OpenAI, or from any server that speaks its API.

Decides how texts are grouped into requests and what an error means to a
person. Refuses to choose the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from integrations.contracts.embedder import EmbedderFailure
from integrations.embedders.rows import batches, checked, clipped, without_password

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from openai import AsyncOpenAI, OpenAIError

DEFAULT_MODEL: Final = "text-embedding-3-large"
MAX_TEXT_BYTES: Final = 8_000
"""Under the API's 8,191 tokens for one text, as a token has at least one byte."""
MAX_REQUEST_BYTES: Final = 200_000
"""Under the API's 300,000 tokens for one request."""
MAX_REQUEST_TEXTS: Final = 256

_DIMENSIONS: Final = {
    "text-embedding-3-large": 3072,
    "text-embedding-3-small": 1536,
    "text-embedding-ada-002": 1536,
}
_RETRIES: Final = 2


class OpenAIEmbedder:
    """A model behind ``POST /embeddings``.

    Args:
        model: such as "text-embedding-3-large".
        api_key: sent to the server and to nobody else.
        base_url: the API's root; OpenAI's own if ``None``.
        timeout_s: the longest wait for one request.
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        *,
        api_key: str,
        base_url: str | None = None,
        timeout_s: float = 30.0,
    ) -> None:
        self._model = model
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._dimension = _DIMENSIONS.get(model, 0)
        self._client: AsyncOpenAI | None = None

    @property
    def name(self) -> str:
        """``openai:MODEL``."""
        return f"openai:{self._model}"

    @property
    def dimension(self) -> int:
        """Length of each vector; of OpenAI's own models before ``open`` too."""
        return self._dimension

    async def open(self) -> None:
        """Embed one word, to know that key and model are right and how long vectors are.

        Raises:
            EmbedderFailure: if they are not.
        """
        rows = await self.embed(["hello"])
        self._dimension = rows.shape[1]

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def embed(
        self,
        texts: Sequence[str],
        *,
        query: bool = False,  # noqa: ARG002 - these models treat both alike
    ) -> NDArray[np.float32]:
        """Return unit rows; see the port. Texts are cut after ``MAX_TEXT_BYTES``."""
        sent = [clipped(text, MAX_TEXT_BYTES) for text in texts]
        if not sent:
            return np.zeros((0, self._dimension), np.float32)
        groups = batches(sent, max_count=MAX_REQUEST_TEXTS, max_bytes=MAX_REQUEST_BYTES)
        return np.concatenate([await self._request(group) for group in groups])

    async def _request(self, batch: list[str]) -> NDArray[np.float32]:
        # The SDK takes 0.4 s to import; who embeds by other means does not pay it.
        import openai  # noqa: PLC0415

        if self._client is None:
            self._client = openai.AsyncOpenAI(
                api_key=self._api_key,
                base_url=self._base_url,
                timeout=self._timeout_s,
                max_retries=_RETRIES,
            )
        try:
            answer = await self._client.embeddings.create(model=self._model, input=batch)
        except openai.OpenAIError as error:
            # Not the error's own text: it may quote the key or the input.
            raise EmbedderFailure(self._sentence(error)) from None
        except ValueError as error:
            # The SDK's word for an answer without data.
            raise EmbedderFailure(f"{self._where()} sent no vectors: check the model") from error
        data = sorted(answer.data, key=lambda item: item.index)
        return checked(
            [item.embedding for item in data],
            count=len(batch),
            dimension=self._dimension,
            source=f"{self._where()} ({self._model})",
        )

    def _where(self) -> str:
        return without_password(self._base_url) if self._base_url else "OpenAI"

    def _sentence(self, error: OpenAIError) -> str:
        import openai  # noqa: PLC0415 - see _request

        where = self._where()
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return f"{where} refused the key: set OPENAI_API_KEY to one that may use {self._model}"
        if isinstance(error, openai.NotFoundError):
            return (
                f"{where} has no model {self._model}: "
                "set MYNAH_EMBEDDER to openai:MODEL with a model it has"
            )
        if isinstance(error, openai.RateLimitError):
            return (
                f"{where} asked to slow down, or the account's quota is used up: "
                "wait, or check the account"
            )
        if isinstance(error, openai.APITimeoutError):
            return f"{where} did not answer within {self._timeout_s:g} s: try again later"
        if isinstance(error, openai.APIConnectionError):
            return f"{where} cannot be reached: check the network and OPENAI_BASE_URL"
        status = error.status_code if isinstance(error, openai.APIStatusError) else "no"
        return (
            f"{where} could not embed with {self._model} (status {status}): "
            "try again later, or check the model"
        )
