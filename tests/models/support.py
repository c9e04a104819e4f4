"""What the tests of the model adapters share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from integrations.contracts.model import Finished, ModelFailure, ModelRequest, Piece
from learning.recollection import Recollection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.contracts.model import Model

OPENAI_KEY = "sk-secret-echo"
"""The stand-in's error messages repeat this, as providers do."""

ROLES_UNDER_TEST = {
    "lead": "openai:gpt-4.1-mini",
    "senior": "anthropic:claude-sonnet-5-5",
    "math": "ollama:mathstral",
    "architect": "openai:served-elsewhere",
    "router": "offline",
}


class Silent:
    """An offline expert that is only looked at."""

    id = "offline:router"
    streams_text = False

    async def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        del request
        yield Finished()

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        del request
        return "", Finished()


def asking(question: str = "Why is the sky blue?", **fields: Any) -> ModelRequest:
    return ModelRequest(question, **{"timeout_s": 5.0, **fields})


async def heard(model: Model, request: ModelRequest) -> tuple[list[str], Finished]:
    """Return the pieces, and the one ``Finished`` that must come last."""
    items = [item async for item in model.stream(request)]
    last = items.pop()
    assert isinstance(last, Finished)
    return [item.text for item in items if isinstance(item, Piece)], last


async def failed(model: Model, request: ModelRequest) -> tuple[list[str], ModelFailure]:
    """Return the pieces that came before the failure, and the failure."""
    pieces: list[str] = []
    try:
        async for item in model.stream(request):
            assert isinstance(item, Piece), "a failure must not follow a finish"
            pieces.append(item.text)
    except ModelFailure as failure:
        return pieces, failure
    raise AssertionError(f"{model.id} answered {pieces}")


def recalled(text: str, **fields: Any) -> Recollection:
    return Recollection(
        UUID(int=1),
        fields.pop("kind", "knowledge"),
        text,
        0.9,
        datetime(2026, 5, 3, tzinfo=UTC),
        **fields,
    )
