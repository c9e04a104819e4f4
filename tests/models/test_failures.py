from __future__ import annotations

import socket
import traceback
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from integrations.contracts.model import (
    ModelEmpty,
    ModelFailure,
    ModelInputTooLong,
    ModelInvalidRequest,
    ModelRateLimited,
    ModelRefused,
    ModelUnauthorized,
    ModelUnavailable,
    ModelUnknown,
)
from integrations.models.build import open_models
from integrations.models.mapping import Assignment, ModelRef, ModelSettings, Plan
from tests.models.support import OPENAI_KEY, asking, failed, heard
from tests.standins.model_wire import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integrations.contracts.model import Model
    from learning.roles import RoleName
    from tests.standins.model_server import ModelServer

KINDS: Mapping[Fault, type[ModelFailure]] = {
    Fault.UNAUTHORIZED: ModelUnauthorized,
    Fault.FORBIDDEN: ModelUnauthorized,
    Fault.UNKNOWN_MODEL: ModelUnknown,
    Fault.RATE_LIMITED: ModelRateLimited,
    Fault.NO_CREDIT: ModelRateLimited,
    Fault.TOO_LONG: ModelInputTooLong,
    Fault.BAD_REQUEST: ModelInvalidRequest,
    Fault.SERVER_ERROR: ModelUnavailable,
    Fault.OVERLOADED: ModelUnavailable,
    Fault.GARBAGE: ModelUnavailable,
    Fault.REFUSED: ModelRefused,
    Fault.ERROR_MIDWAY: ModelUnavailable,
    Fault.BROKEN: ModelUnavailable,
    Fault.UNFINISHED: ModelUnavailable,
}


@pytest.mark.parametrize("fault", KINDS)
async def test_each_failure_is_what_the_port_calls_it(
    server: ModelServer, model: Model, fault: Fault
) -> None:
    server.fail(fault, "Because ")
    _, failure = await failed(model, asking())
    assert type(failure) is KINDS[fault]
    assert failure.model == model.id


@pytest.mark.parametrize("fault", KINDS)
async def test_a_failure_is_a_sentence_without_secrets_or_a_provider_s_own_words(
    server: ModelServer, model: Model, fault: Fault
) -> None:
    server.fail(fault, "Because ")
    _, failure = await failed(model, asking())
    shown = "".join(traceback.format_exception(failure)) + repr(failure)
    assert OPENAI_KEY not in shown
    assert "something about" not in shown
    assert failure.reason.endswith(".")
    assert "{" not in failure.reason


async def test_nothing_is_retried(server: ModelServer, model: Model) -> None:
    server.fail(Fault.SERVER_ERROR)
    server.say("A second attempt.")
    await failed(model, asking())
    assert len(server.received) == 1


async def test_a_model_answers_again_after_a_failure(server: ModelServer, model: Model) -> None:
    server.fail(Fault.BROKEN, "Be")
    await failed(model, asking())
    server.say("Because.")
    assert (await heard(model, asking()))[0] == ["Because."]


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.ERROR_MIDWAY, Fault.BROKEN])
async def test_pieces_that_came_before_a_failure_were_handed_on(
    server: ModelServer, model: Model, fault: Fault
) -> None:
    server.fail(fault, "Because ", "of ")
    pieces, _ = await failed(model, asking())
    assert pieces == ["Because ", "of "]


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.OVERLOADED])
async def test_the_wait_that_a_provider_asks_for_is_told(
    server: ModelServer, model: Model, fault: Fault
) -> None:
    server.fail(fault, retry_after_s=17)
    _, failure = await failed(model, asking())
    assert failure.retry_after_s == 17
    assert "17 s" in failure.reason


@pytest.mark.parametrize("text", [(), ("",), (" ", "\n")])
async def test_an_answer_without_a_word_is_a_failure(
    server: ModelServer, model: Model, text: tuple[str, ...]
) -> None:
    server.say(*text)
    _, failure = await failed(model, asking())
    assert isinstance(failure, ModelEmpty)


async def test_an_answer_that_ran_out_of_tokens_before_its_first_word_says_so(
    server: ModelServer, model: Model
) -> None:
    server.say(stop="length")
    _, failure = await failed(model, asking(max_tokens=64))
    assert isinstance(failure, ModelEmpty)
    assert "64 tokens" in failure.reason


async def test_openai_s_content_policy_is_a_refusal(
    server: ModelServer, models: Mapping[RoleName, Model]
) -> None:
    server.fail(Fault.CONTENT_POLICY)
    _, failure = await failed(models["lead"], asking())
    assert isinstance(failure, ModelRefused)


async def test_an_overflow_in_other_words_is_understood(server: ModelServer, model: Model) -> None:
    server.fail(Fault.BAD_REQUEST, message="This exceeds the available context size (4096)")
    _, failure = await failed(model, asking())
    assert isinstance(failure, ModelInputTooLong)


async def test_a_wrong_request_names_the_parameter(
    server: ModelServer, models: Mapping[RoleName, Model]
) -> None:
    server.fail(Fault.BAD_REQUEST)
    _, failure = await failed(models["lead"], asking())
    assert "(invalid_request_error, unsupported_value, temperature)" in failure.reason


@pytest.mark.parametrize(
    ("role", "fault", "mend"),
    [
        ("lead", Fault.UNAUTHORIZED, "OPENAI_API_KEY"),
        ("senior", Fault.UNAUTHORIZED, "ANTHROPIC_API_KEY"),
        ("math", Fault.UNAUTHORIZED, "OLLAMA_BASE_URL"),
        ("lead", Fault.UNKNOWN_MODEL, "mapping"),
        ("math", Fault.UNKNOWN_MODEL, "`ollama pull mathstral`"),
    ],
)
async def test_a_failure_says_how_to_mend_it(
    server: ModelServer, models: Mapping[RoleName, Model], role: RoleName, fault: Fault, mend: str
) -> None:
    server.fail(fault)
    _, failure = await failed(models[role], asking())
    assert mend in failure.reason


@pytest.mark.parametrize(
    ("ref", "mend"),
    [
        (ModelRef("ollama", "mathstral"), "`ollama serve` or set OLLAMA_BASE_URL"),
        (ModelRef("openai", "gpt-4.1-mini"), "OPENAI_BASE_URL"),
        (ModelRef("anthropic", "claude-sonnet-5-5"), "ANTHROPIC_BASE_URL"),
    ],
)
async def test_a_refused_connection_says_where_and_hides_the_password(
    ref: ModelRef, mend: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://ann:hunter2@127.0.0.1:{port}"
    settings = ModelSettings(
        openai_api_key=SecretStr(OPENAI_KEY),
        openai_base_url=f"{url}/v1",
        anthropic_api_key=SecretStr(OPENAI_KEY),
        anthropic_base_url=url,
        ollama_base_url=url,
    )
    plan = Plan({"lead": Assignment(ref, "a test")})
    async with open_models(plan, settings, {}) as built:
        _, failure = await failed(built["lead"], asking())
    assert type(failure) is ModelUnavailable
    assert mend in failure.reason
    assert f"127.0.0.1:{port}" in failure.reason
    assert "hunter2" not in "".join(traceback.format_exception(failure))
