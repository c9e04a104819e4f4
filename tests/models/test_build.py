from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from integrations.contracts.model import ModelUnauthorized
from integrations.models.build import open_models
from integrations.models.doctor import ANTHROPIC_VERSION, check
from integrations.models.mapping import MappingFailure, ModelSettings, plan
from tests.models.support import OPENAI_KEY, Silent, asking, failed, heard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integrations.contracts.check import Check
    from integrations.contracts.model import Model
    from learning.roles import RoleName
    from tests.standins.model_server import ModelServer

EXPERTS: Mapping[str, Model] = {
    name: Silent() for name in ("router", "math", "lead", "senior", "architect")
}


async def test_every_role_gets_the_model_of_the_plan(models: Mapping[RoleName, Model]) -> None:
    assert {name: model.id for name, model in models.items()} == {
        "router": "offline:router",
        "math": "ollama:mathstral",
        "lead": "openai:gpt-4.1-mini",
        "senior": "anthropic:claude-sonnet-5-5",
        "architect": "openai:served-elsewhere",
    }
    assert all(model.streams_text for name, model in models.items() if name != "router")


async def test_roles_with_the_same_model_share_it() -> None:
    settings = ModelSettings(
        {"lead": "openai:x", "senior": "openai:x", "router": "offline"},
        openai_api_key=SecretStr(OPENAI_KEY),
    )
    async with open_models(plan(settings, None), settings, EXPERTS) as built:
        assert built["lead"] is built["senior"]
        assert built["router"] is EXPERTS["router"]
        assert OPENAI_KEY not in repr(built["lead"])


@pytest.mark.parametrize(
    ("ref", "key"),
    [("openai:gpt-4.1-mini", "OPENAI_API_KEY"), ("anthropic:claude", "ANTHROPIC_API_KEY")],
)
async def test_a_mapped_model_without_its_key_asks_for_it(ref: str, key: str) -> None:
    settings = ModelSettings({"lead": ref})
    async with open_models(plan(settings, None), settings, EXPERTS) as built:
        _, failure = await failed(built["lead"], asking())
        with pytest.raises(ModelUnauthorized, match=key):
            await built["lead"].complete(asking())
    assert isinstance(failure, ModelUnauthorized)
    assert failure.model == ref
    assert key in failure.reason


async def test_a_server_of_one_s_own_needs_no_key(server: ModelServer) -> None:
    settings = ModelSettings({"lead": "openai:llama"}, openai_base_url=server.openai_url)
    server.say("Because.")
    async with open_models(plan(settings, None), settings, EXPERTS) as built:
        assert (await heard(built["lead"], asking()))[0] == ["Because."]


async def test_each_provider_sees_its_own_key_only(
    server: ModelServer, models: Mapping[RoleName, Model]
) -> None:
    await heard(models["lead"], asking())
    await heard(models["senior"], asking())
    await heard(models["math"], asking())
    openai, anthropic, ollama = (received.headers for received in server.received)
    assert openai["authorization"] == f"Bearer {OPENAI_KEY}"
    assert anthropic["authorization"] == "Bearer sk-ant-under-test"
    assert anthropic["anthropic-version"] == ANTHROPIC_VERSION
    assert OPENAI_KEY not in ollama["authorization"]


async def test_a_missing_expert_is_named() -> None:
    settings = ModelSettings()
    with pytest.raises(
        MappingFailure, match=r"offline:\w+ names no built-in expert; there are math"
    ):
        async with open_models(plan(settings, None), settings, {"math": Silent()}):
            pass


def test_importing_the_package_loads_no_sdk() -> None:
    program = (
        "import sys, integrations.models.build, integrations.models.doctor;"
        "print(sorted({'openai', 'anthropic', 'pydantic_ai'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


async def found(settings: ModelSettings) -> dict[str, Check]:
    findings = await check(settings)
    shown = repr(findings)
    for key in (settings.openai_api_key, settings.anthropic_api_key):
        assert key is None or key.get_secret_value() not in shown
    return {finding.name: finding for finding in findings}


async def test_the_doctor_finds_nothing_wrong_with_a_fresh_machine(server: ModelServer) -> None:
    settings = ModelSettings(ollama_base_url=f"{server.root}/nothing-here")
    assert {name: c.ok for name, c in (await found(settings)).items()} == {"ollama": True}


async def test_the_doctor_looks_at_everything_that_is_mapped(
    server: ModelServer, settings: ModelSettings
) -> None:
    server.tags = ("mathstral:latest",)
    server.models = ("gpt-4.1-mini", "claude-sonnet-5-5")
    findings = await found(settings)
    assert {name: c.ok for name, c in findings.items()} == {
        "ollama": True,
        "role math": True,
        "anthropic key": True,
        "role senior": True,
        "openai key": True,
        "role lead": True,
        "role architect": False,
    }
    assert findings["role architect"].mend == "Correct MYNAH_ROLE_ARCHITECT."


async def test_the_doctor_says_that_a_key_is_refused(
    server: ModelServer, settings: ModelSettings
) -> None:
    server.key = "another"
    findings = await found(settings)
    assert findings["openai key"].mend == "Check OPENAI_API_KEY."
    assert findings["anthropic key"].mend == "Check ANTHROPIC_API_KEY."
    assert not findings["openai key"].ok


async def test_the_doctor_says_what_to_pull_and_what_to_start(
    server: ModelServer, settings: ModelSettings
) -> None:
    assert (await found(settings))["role math"].mend == "Run `ollama pull mathstral`."
    away = ModelSettings({"math": "ollama:mathstral"}, ollama_base_url=f"{server.root}/away")
    findings = await found(away)
    assert not findings["ollama"].ok
    assert "ollama serve" in findings["ollama"].mend


async def test_the_doctor_says_which_key_is_missing(server: ModelServer) -> None:
    settings = ModelSettings({"lead": "anthropic:claude"}, ollama_base_url=server.ollama_url)
    assert (await found(settings))["role lead"].mend == "Set ANTHROPIC_API_KEY."


async def test_the_doctor_says_that_a_provider_is_away_and_hides_its_password(
    server: ModelServer,
) -> None:
    settings = ModelSettings(
        openai_base_url=f"http://ann:hunter2@127.0.0.1:{server.port}/away",
        ollama_base_url=server.ollama_url,
    )
    finding = (await found(settings))["openai key"]
    assert not finding.ok
    assert "404" in finding.sentence
    assert "hunter2" not in finding.sentence + finding.mend


async def test_the_doctor_repeats_what_is_wrong_with_a_mapping() -> None:
    (finding,) = await check(ModelSettings({"lead": "opnai:x"}))
    assert not finding.ok
    assert "did you mean 'openai'?" in finding.sentence
