from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from integrations.models.build import open_models
from integrations.models.mapping import ModelSettings, plan
from tests.models.support import OPENAI_KEY, ROLES_UNDER_TEST, Silent
from tests.standins.model_server import ModelServer, model_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from integrations.contracts.model import Model
    from learning.roles import RoleName


@pytest.fixture(scope="session")
async def running_server() -> AsyncIterator[ModelServer]:
    async with model_server() as server:
        yield server


@pytest.fixture
def server(running_server: ModelServer) -> ModelServer:
    running_server.reset()
    return running_server


@pytest.fixture(scope="session")
def settings(running_server: ModelServer) -> ModelSettings:
    return ModelSettings(
        roles=ROLES_UNDER_TEST,
        openai_api_key=SecretStr(OPENAI_KEY),
        openai_base_url=running_server.openai_url,
        anthropic_api_key=SecretStr("sk-ant-under-test"),
        anthropic_base_url=running_server.anthropic_url,
        ollama_base_url=running_server.ollama_url,
    )


@pytest.fixture(scope="session")
async def models(settings: ModelSettings) -> AsyncIterator[Mapping[RoleName, Model]]:
    async with open_models(plan(settings, None), settings, {"router": Silent()}) as built:
        yield built


@pytest.fixture(params=["lead", "senior", "math"], ids=["openai", "anthropic", "ollama"])
def model(request: pytest.FixtureRequest, models: Mapping[RoleName, Model]) -> Model:
    """A language model of each provider in turn."""
    name: RoleName = request.param
    return models[name]
