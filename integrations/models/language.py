"""A language model behind the model port, over the OpenAI and Anthropic SDKs.

Decides how long to wait, when an answer counts as whole, how often it may use tools on the
way, and what it cost.
Refuses to retry or to fall back: the turn does that, with another model if it
likes. Importing this module loads the SDKs.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import structlog
from pydantic_ai.direct import model_request_stream
from pydantic_ai.exceptions import ModelAPIError
from pydantic_ai.messages import (
    BinaryContent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    UserPromptPart,
)
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.ollama import OllamaModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles import ModelProfile, merge_profile
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.ollama import OllamaProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings as RequestSettings

from integrations.contracts.model import Finished, ModelFailure, Piece
from integrations.models.failures import Explainer
from integrations.models.prompt import assemble
from integrations.models.using import (
    MOST_ROUNDS,
    Using,
    calls_of,
    refuses_tools,
    takes_tools,
    total,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI
    from pydantic_ai.models import Model as SdkModel
    from pydantic_ai.models import StreamedResponse

    from integrations.contracts.model import ModelRequest as Asked
    from integrations.models.mapping import ModelRef


log = structlog.get_logger(__name__)


class LanguageModel:
    """One model of one provider. It holds no connection of its own.

    Args:
        ref: its name.
        sdk: the model as the SDK sees it, on a client that retries nothing.
    """

    def __init__(self, ref: ModelRef, sdk: SdkModel) -> None:
        self._ref = ref
        self._sdk = sdk
        self._explainer = Explainer(ref, _address(sdk))
        self._takes_temperature = _takes_temperature(sdk.profile)
        self._takes_tools = takes_tools(sdk.profile)

    @property
    def id(self) -> str:
        """``provider:model``."""
        return str(self._ref)

    @property
    def streams_text(self) -> bool:
        """Always: this is a language model."""
        return True

    def __repr__(self) -> str:
        return f"LanguageModel({self.id!r})"

    async def stream(self, request: Asked) -> AsyncGenerator[Piece | Finished]:
        """Answer piece by piece; closing the iterator closes the connection.

        Raises:
            ModelFailure: before or between pieces; no ``Finished`` follows.
        """
        try:
            async with aclosing(self._rounds(request)) as items:
                async for item in items:
                    yield item
        except (ModelFailure, Warning):
            raise
        except TimeoutError:
            raise self._explainer.timed_out(request.timeout_s) from None
        except Exception as error:  # noqa: BLE001 - whatever a provider sends, the turn can fall back
            failure = self._explainer.explain(error)
            # Neither chained nor logged whole: SDK errors carry bodies and headers, which may
            # echo the key and people's words.
            log.info("model failed", model=self.id, kind=failure.kind, error=type(error).__name__)
            raise failure from None

    async def _rounds(self, request: Asked) -> AsyncGenerator[Piece | Finished]:
        """Answer in rounds: as long as the model wants tools used, it is told what they return."""
        messages = _messages(request)
        using = self._using(request)
        rounds: list[ModelResponse] = []
        clock = _Patience(request.timeout_s)
        said, began = False, False
        while True:
            last = len(rounds) >= MOST_ROUNDS
            try:
                async with AsyncExitStack() as stack:
                    async with clock.waiting():
                        response = await stack.enter_async_context(
                            model_request_stream(
                                self._sdk,
                                messages,
                                model_settings=self._settings(request, using, last=last),
                                model_request_parameters=using.parameters() if using else None,
                            )
                        )
                    events = await stack.enter_async_context(aclosing(_texts(response)))
                    while True:
                        async with clock.waiting():
                            text = await anext(events, None)
                        if text is None:
                            break
                        if said and not began:
                            yield Piece("\n\n")
                        said = said or bool(text.strip())
                        began = began or said
                        yield Piece(text)
                        clock.restart()
            except ModelAPIError as error:
                if using is None or rounds or said or not refuses_tools(error):
                    raise
                # A model without tools answers with what it knows, now and from here on.
                self._takes_tools, using = False, None
                messages = _messages(replace(request, hands=None))
                continue
            whole = response.get()
            rounds.append(whole)
            calls = calls_of(whole) if using is not None and not last else []
            self._checked(whole, said=said or bool(calls), max_tokens=request.max_tokens)
            if using is None or not calls:
                yield self._finished(rounds)
                return
            yield Piece("")  # a sign of life: tools take their time
            messages += [whole, await using.use(calls)]
            clock.restart()
            began = False

    def _using(self, request: Asked) -> Using | None:
        """Return what the answer does with tools, if there are any and the model takes them."""
        if request.hands is None or not request.hands.tools or not self._takes_tools:
            return None
        return Using(request.hands, assemble(request).system)

    async def complete(self, request: Asked) -> tuple[str, Finished]:
        """Answer at once.

        It streams too, so that a silent provider is noticed in ``timeout_s``
        however long the answer is.

        Raises:
            ModelFailure: as ``stream`` does.
        """
        pieces: list[str] = []
        finished = Finished()
        async with aclosing(self.stream(request)) as items:
            async for item in items:
                if isinstance(item, Piece):
                    pieces.append(item.text)
                else:
                    finished = item
        return "".join(pieces), finished

    def _settings(self, request: Asked, using: Using | None, *, last: bool) -> RequestSettings:
        # Reasoning would spend the answer's tokens and the reader's patience before the first
        # word; models that cannot do without it think as little as they can.
        settings = RequestSettings(max_tokens=request.max_tokens, thinking=False)
        if request.temperature is not None and self._takes_temperature:
            settings["temperature"] = request.temperature
        if using is not None and last:
            settings["tool_choice"] = "none"
        return settings

    def _checked(self, whole: ModelResponse, *, said: bool, max_tokens: int) -> None:
        """Let a round pass that is whole, and says something.

        Raises:
            ModelFailure: if it is not, or does not.
        """
        if whole.finish_reason == "content_filter":
            raise self._explainer.refused()
        # The SDK stands in "stop" for a missing reason; the provider's own word is kept aside.
        if not (whole.provider_details or {}).get("finish_reason"):
            raise self._explainer.truncated()
        if not said:
            used_up = whole.finish_reason == "length"
            raise self._explainer.empty(max_tokens=max_tokens if used_up else None)

    def _finished(self, rounds: Sequence[ModelResponse]) -> Finished:
        """Return what all rounds took together."""
        usage, costs = total(rounds), [_cost(each) for each in rounds]
        known = [cost for cost in costs if cost is not None]
        return Finished(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=sum(known) if len(known) == len(costs) else None,
            model=rounds[-1].model_name or self._ref.model,
        )


class _Patience:
    """A deadline for the next piece. Time that the reader of the stream takes does not count."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + timeout_s

    def waiting(self) -> asyncio.Timeout:
        return asyncio.timeout_at(self._deadline)

    def restart(self) -> None:
        self._deadline = self._loop.time() + self._timeout_s


def over_openai(ref: ModelRef, client: AsyncOpenAI) -> LanguageModel:
    """Return a model of OpenAI, Ollama, or any server with OpenAI's chat API."""
    if ref.provider == "ollama":
        return LanguageModel(
            ref,
            OllamaModel(
                ref.model,
                provider=OllamaProvider(openai_client=client),
                profile=_older_limit,
            ),
        )
    provider = OpenAIProvider(openai_client=client)
    return LanguageModel(ref, OpenAIChatModel(ref.model, provider=provider, profile=_older_limit))


def _older_limit(profile: ModelProfile) -> ModelProfile:
    """Send ``max_tokens`` to open-weight models, whose servers pass over its newer name.

    Ollama takes ``max_completion_tokens`` without a word and then writes without
    end (ollama/ollama#7125); OpenAI's own reasoning models take only that.
    """
    if not profile.get("may_tokenize_special_tokens_in_content"):
        return profile
    # That flag is the SDK's mark of a model whose weights others serve.
    return merge_profile(
        profile, OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
    )


def over_anthropic(ref: ModelRef, client: AsyncAnthropic) -> LanguageModel:
    """Return a model of Anthropic."""
    provider = AnthropicProvider(anthropic_client=client)
    return LanguageModel(ref, AnthropicModel(ref.model, provider=provider))


def _address(sdk: SdkModel) -> str:
    address = sdk.base_url or ""
    scheme, _, rest = address.rstrip("/").rpartition("://")
    # A password in the address is a secret too.
    return f"{scheme}://{rest.rpartition('@')[2]}" if scheme else rest


def _messages(request: Asked) -> list[ModelMessage]:
    prompt = assemble(request)
    messages: list[ModelMessage] = [
        ModelRequest(parts=[UserPromptPart(turn.text)])
        if turn.by == "person"
        else ModelResponse(parts=[TextPart(turn.text)])
        for turn in prompt.turns
    ]
    if request.images:
        pictures = [
            BinaryContent(image.data, media_type=image.media_type) for image in request.images
        ]
        messages[-1] = ModelRequest(parts=[UserPromptPart([prompt.turns[-1].text, *pictures])])
    last = messages[-1]
    if isinstance(last, ModelRequest) and prompt.system:
        last.instructions = prompt.system
    return messages


def _takes_temperature(profile: ModelProfile) -> bool:
    """Whether the model lets us set it; the SDK warns, or the provider fails, where it does not."""
    details = cast("Mapping[str, object]", profile)
    always_reasons = details.get("openai_supports_reasoning") and not details.get(
        "openai_supports_reasoning_effort_none"
    )
    return not (always_reasons or details.get("anthropic_disallows_sampling_settings"))


async def _texts(response: StreamedResponse) -> AsyncGenerator[str]:
    async for event in response:
        match event:
            case PartStartEvent(part=TextPart(content=text)) if text:
                yield text
            case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
                yield text
            case _:
                pass


def _cost(response: ModelResponse) -> float | None:
    try:
        return float(response.cost().total_price)
    except (LookupError, ValueError):
        # Nobody knows a price for this model, or the provider did not say what was used.
        return None
