"""Asks Ollama which models it has pulled, and makes the plan with the answer.

Decides nothing itself; the order of preference is in ``mapping``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx
from pydantic import BaseModel, ValidationError

from integrations.models.mapping import plan

if TYPE_CHECKING:
    from integrations.models.mapping import ModelSettings, Plan

PROBE_TIMEOUT_S: Final = 2.0
"""A local server answers in milliseconds; a start must not wait for one that is not there."""


class _Tag(BaseModel):
    name: str


class _Tags(BaseModel):
    models: list[_Tag]


async def pulled_tags(
    settings: ModelSettings, *, timeout_s: float = PROBE_TIMEOUT_S
) -> frozenset[str] | None:
    """Return the tags that Ollama has, or ``None`` when no Ollama answers at the address."""
    try:
        async with httpx.AsyncClient(timeout=timeout_s) as client:
            response = await client.get(f"{settings.ollama_root}/api/tags")
        response.raise_for_status()
        tags = _Tags.model_validate_json(response.content)
    except (httpx.HTTPError, httpx.InvalidURL, ValidationError):
        return None
    return frozenset(tag.name for tag in tags.models)


async def resolve(settings: ModelSettings) -> Plan:
    """Give every role a model, asking Ollama first.

    Raises:
        MappingFailure: if a mapping cannot be understood.
    """
    return plan(settings, await pulled_tags(settings))
