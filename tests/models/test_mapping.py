from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from integrations.models.defaults import ANTHROPIC_MODELS, OPENAI_MODELS
from integrations.models.mapping import (
    PROVIDERS,
    MappingFailure,
    ModelRef,
    ModelSettings,
    mapped,
    plan,
    pulled_tag,
)
from integrations.models.ollama import pulled_tags, resolve
from learning.roles import ROLE_NAMES

if TYPE_CHECKING:
    from tests.standins.model_server import ModelServer

KEY = SecretStr("sk-not-to-be-seen")


@given(
    st.sampled_from(PROVIDERS),
    st.text(min_size=1).map(str.strip).filter(bool),
)
def test_a_reference_reads_back_what_it_wrote(provider: str, model: str) -> None:
    known = next(p for p in PROVIDERS if p == provider)
    assert ModelRef.parse(str(ModelRef(known, model))) == ModelRef(known, model)


def test_a_tag_with_a_size_keeps_its_colon() -> None:
    assert ModelRef.parse(" Ollama: deepseek-coder:6.7b ") == ModelRef(
        "ollama", "deepseek-coder:6.7b"
    )


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"MYNAH_ROLE_LEAD": "opnai:gpt"}, r"MYNAH_ROLE_LEAD: 'opnai:gpt' .* mean 'openai'\?"),
        ({"lead": "gpt-4.1"}, "MYNAH_ROLE_LEAD: 'gpt-4.1' names no known provider"),
        ({"lead": "openai"}, "lacks a colon and a model name: write for instance openai:"),
        ({"lead": "ollama: "}, "lacks a model name: write for instance ollama:deepseek-coder"),
        ({"MYNAH_ROLE_LEED": "openai:x"}, r"MYNAH_ROLE_LEED: there is no role .* mean 'lead'\?"),
        ({"lead": "offline:boss"}, "MYNAH_ROLE_LEAD: there is no role 'boss'"),
    ],
)
def test_a_wrong_mapping_says_where_what_and_how(roles: dict[str, str], message: str) -> None:
    with pytest.raises(MappingFailure, match=message):
        mapped(ModelSettings(roles))


def test_a_key_in_the_wrong_variable_is_not_printed_back() -> None:
    with pytest.raises(MappingFailure) as caught:
        mapped(ModelSettings({"lead": "sk-proj-0123456789abcdef0123456789"}))
    assert "0123456789" not in str(caught.value)


def test_a_blank_variable_maps_nothing() -> None:
    assert mapped(ModelSettings({"MYNAH_ROLE_LEAD": "  "})) == {}


def test_offline_alone_means_the_expert_of_the_role() -> None:
    refs = mapped(ModelSettings({"math": "offline", "lead": "offline:math"}))
    assert refs == {"math": ModelRef("offline", "math"), "lead": ModelRef("offline", "math")}


def test_a_fresh_machine_gets_the_offline_experts() -> None:
    decided = plan(ModelSettings(), None)
    assert [str(decided.ref(name)) for name in ROLE_NAMES] == [f"offline:{n}" for n in ROLE_NAMES]
    assert decided.assignments["lead"].why == "no key and no Ollama: built-in offline expert"


def test_ollama_plays_the_roles_whose_models_it_has() -> None:
    decided = plan(ModelSettings(), frozenset({"deepseek-coder:latest", "mathstral:7b", "llama"}))
    assert str(decided.ref("lead")) == "ollama:deepseek-coder"
    assert str(decided.ref("math")) == "ollama:mathstral:7b"
    assert decided.assignments["lead"].why == "Ollama has deepseek-coder"
    assert str(decided.ref("senior")) == "offline:senior"
    assert "has not pulled codellama" in decided.assignments["senior"].why


def test_mapping_beats_ollama_beats_anthropic_beats_openai() -> None:
    tags = frozenset({"deepseek-coder:latest", "mathstral:latest"})
    settings = ModelSettings(
        {"MYNAH_ROLE_LEAD": "openai:mine"}, openai_api_key=KEY, anthropic_api_key=KEY
    )
    decided = plan(settings, tags)
    assert str(decided.ref("lead")) == "openai:mine"
    assert decided.assignments["lead"].why == "mapped by MYNAH_ROLE_LEAD"
    assert decided.ref("math").provider == "ollama"
    assert decided.ref("senior") == ModelRef("anthropic", ANTHROPIC_MODELS["senior"])
    only_openai = plan(ModelSettings(openai_api_key=KEY), None)
    assert only_openai.ref("senior") == ModelRef("openai", OPENAI_MODELS["senior"])


@pytest.mark.parametrize(
    ("tag", "pulled", "serves"),
    [
        ("codellama", {"codellama:latest"}, "codellama"),
        ("codellama", {"codellama:7b", "codellama:13b"}, "codellama:13b"),
        ("codellama", {"codellama-python:7b"}, None),
        ("codellama:7b", {"codellama:13b", "codellama:latest"}, None),
        ("codellama", set(), None),
    ],
)
def test_a_pulled_tag_serves_its_model(tag: str, pulled: set[str], serves: str | None) -> None:
    assert pulled_tag(tag, pulled) == serves


@pytest.mark.parametrize("key", [ModelSettings(openai_api_key=KEY, anthropic_api_key=KEY)])
def test_settings_never_show_their_keys(key: ModelSettings) -> None:
    assert KEY.get_secret_value() not in repr(key) + str(key)


def test_the_default_models_are_known_to_the_sdks_and_have_a_price() -> None:
    openai = get_args(importlib.import_module("openai.types.shared.chat_model").ChatModel)
    union = get_args(importlib.import_module("anthropic.types.model").Model)
    anthropic = {name for member in union for name in get_args(member)}
    assert set(OPENAI_MODELS.values()) <= set(openai)
    assert set(ANTHROPIC_MODELS.values()) <= anthropic
    prices = importlib.import_module("genai_prices")
    usage = prices.Usage(input_tokens=1, output_tokens=1)
    for provider, table in (("openai", OPENAI_MODELS), ("anthropic", ANTHROPIC_MODELS)):
        for name in table.values():
            assert prices.calc_price(usage, name, provider_id=provider).total_price > 0


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
async def test_ollama_is_asked_for_its_tags(server: ModelServer, suffix: str) -> None:
    server.tags = ("deepseek-coder:latest",)
    settings = ModelSettings(ollama_base_url=f"{server.ollama_url}{suffix}")
    assert await pulled_tags(settings) == frozenset({"deepseek-coder:latest"})
    assert str((await resolve(settings)).ref("lead")) == "ollama:deepseek-coder"


@pytest.mark.parametrize("url", ["{root}/somewhere-else", "http://[", "nonsense"])
async def test_whatever_is_no_ollama_counts_as_none(server: ModelServer, url: str) -> None:
    settings = ModelSettings(ollama_base_url=url.format(root=server.root))
    assert await pulled_tags(settings) is None
    assert str((await resolve(settings)).ref("lead")) == "offline:lead"
