"""Makes the models of a plan, and owns their connections for as long as they are used.

Decides one client per provider, without retries: the turn falls back instead.
"""

from __future__ import annotations

import asyncio
import importlib
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from integrations.contracts.model import ModelUnauthorized
from integrations.loading import load
from integrations.models.mapping import MappingFailure, ModelRef

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from types import ModuleType

    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI

    from integrations.contracts.model import Finished, Model, ModelRequest, Piece
    from integrations.models.mapping import ModelSettings, Plan, Provider
    from learning.roles import RoleName

_NO_KEY = "no-key"
"""What servers without keys are sent; the SDK insists on sending something."""


@asynccontextmanager
async def open_models(
    plan: Plan, settings: ModelSettings, offline: Mapping[str, Model]
) -> AsyncIterator[Mapping[RoleName, Model]]:
    """Yield the model of every role; connections are closed on leaving.

    Roles mapped to the same model share one.

    Args:
        plan: who plays which role.
        settings: keys and addresses.
        offline: the built-in experts by role name.

    Raises:
        MappingFailure: if the plan names an offline expert that was not given.
    """
    async with AsyncExitStack() as stack:
        builder = _Builder(settings, offline, stack)
        refs = {assignment.ref for assignment in plan.assignments.values()}
        built = {ref: await builder.model(ref) for ref in sorted(refs, key=str)}
        yield {name: built[each.ref] for name, each in plan.assignments.items()}


@asynccontextmanager
async def open_one(variable: str, mapped: str, settings: ModelSettings) -> AsyncIterator[Model]:
    """Yield one language model beside those of the roles.

    Args:
        variable: where it is mapped, for the message.
        mapped: ``provider:model``.
        settings: keys and addresses.

    Raises:
        MappingFailure: if it is no language model.
    """
    try:
        ref = ModelRef.parse(mapped)
    except MappingFailure as failure:
        raise MappingFailure(f"{variable}: {failure}") from None
    if ref.provider == "offline":
        raise MappingFailure(f"{variable}: built-in experts only read text; map a model to it.")
    async with AsyncExitStack() as stack:
        yield await _Builder(settings, {}, stack).model(ref)


class KeylessModel:
    """A model that is mapped but cannot be asked, because its key is not set."""

    def __init__(self, ref: ModelRef) -> None:
        self._ref = ref

    @property
    def id(self) -> str:
        """``provider:model``."""
        return str(self._ref)

    @property
    def streams_text(self) -> bool:
        """It would, with a key."""
        return True

    async def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        """Refuse.

        Raises:
            ModelUnauthorized: always, naming the variable to set.
        """
        _, finished = await self.complete(request)
        yield finished  # never reached; the port's streams are generators

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        """Refuse, as ``stream`` does."""
        del request
        variable = f"{self._ref.provider.upper()}_API_KEY"
        raise ModelUnauthorized(self.id, f"there is no key for it: set {variable}.")


class _Builder:
    def __init__(
        self, settings: ModelSettings, offline: Mapping[str, Model], stack: AsyncExitStack
    ) -> None:
        self._settings = settings
        self._offline = offline
        self._stack = stack
        self._openai: dict[Provider, AsyncOpenAI] = {}
        self._anthropic: AsyncAnthropic | None = None

    async def model(self, ref: ModelRef) -> Model:
        settings = self._settings
        match ref.provider:
            case "offline":
                if ref.model not in self._offline:
                    raise MappingFailure(
                        f"{ref} names no built-in expert; there are {', '.join(self._offline)}."
                    )
                return self._offline[ref.model]
            case "ollama":
                return await self._over_openai(ref, f"{settings.ollama_root}/v1", _NO_KEY)
            case "openai":
                if not settings.openai_usable:
                    return KeylessModel(ref)
                key = settings.openai_api_key
                secret = key.get_secret_value() if key else _NO_KEY
                return await self._over_openai(ref, settings.openai_base_url, secret)
            case "anthropic":
                if settings.anthropic_api_key is None:
                    return KeylessModel(ref)
                return await self._over_anthropic(
                    ref, settings.anthropic_api_key.get_secret_value()
                )

    async def _over_openai(self, ref: ModelRef, base_url: str, key: str) -> Model:
        language = await _language()
        # By provider, not by address: OpenAI's key is none of Ollama's business.
        if ref.provider not in self._openai:
            sdk = importlib.import_module("openai")
            client = sdk.AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0)
            self._openai[ref.provider] = await self._stack.enter_async_context(client)
        model: Model = language.over_openai(ref, self._openai[ref.provider])
        return model

    async def _over_anthropic(self, ref: ModelRef, key: str) -> Model:
        language = await _language()
        if self._anthropic is None:
            sdk = importlib.import_module("anthropic")
            client = sdk.AsyncAnthropic(
                api_key=key, base_url=self._settings.anthropic_base_url, max_retries=0
            )
            self._anthropic = await self._stack.enter_async_context(client)
        model: Model = language.over_anthropic(ref, self._anthropic)
        return model


async def _language() -> ModuleType:
    """Load the SDKs, which takes seconds, without holding up the event loop."""
    return await asyncio.to_thread(load, "integrations.models.language")
