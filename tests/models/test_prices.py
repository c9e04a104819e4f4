from __future__ import annotations

import re

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.models.defaults import ANTHROPIC_MODELS, OPENAI_MODELS
from integrations.models.prices import expected_usd, price_list

DEFAULTS = sorted(
    {f"anthropic:{model}" for model in ANTHROPIC_MODELS.values()}
    | {f"openai:{model}" for model in OPENAI_MODELS.values()}
)


@pytest.mark.parametrize("model", DEFAULTS)
def test_the_list_knows_the_models_that_are_used_by_default(model: str) -> None:
    price = expected_usd(model, 1000, 500)
    assert price is not None
    assert 0.0001 < price < 0.1


def test_more_tokens_cost_more_and_the_large_model_most() -> None:
    small, large = (f"anthropic:{ANTHROPIC_MODELS[role]}" for role in ("router", "architect"))
    price = expected_usd(small, 1000, 500)
    assert price is not None
    assert (expected_usd(small, 2000, 1000) or 0.0) == pytest.approx(2 * price)
    assert (expected_usd(small, 1000, 1000) or 0.0) > price
    assert (expected_usd(large, 1000, 500) or 0.0) > 5 * price


@pytest.mark.parametrize("model", ["ollama:deepseek-coder", "ollama:gpt-4o", "offline:math"])
def test_what_runs_at_home_is_free_and_not_unknown(model: str) -> None:
    assert expected_usd(model, 10**6, 10**6) == 0.0


@pytest.mark.parametrize(
    "model",
    [
        "openai:my-own-finetune",
        "openai:whisper-1",
        "openai:moderation",
        "openai:text-embedding-3-small",
        "acme:gpt-4o",
        "gpt-4o",
        "",
        ":",
    ],
)
def test_what_has_no_price_a_token_is_unknown_and_not_free(model: str) -> None:
    assert expected_usd(model, 1000, 500) is None


def test_a_number_of_tokens_that_cannot_be_counts_as_none() -> None:
    model = f"openai:{OPENAI_MODELS['router']}"
    assert expected_usd(model, -5, -5) == 0.0
    assert expected_usd(model, -5, 500) == expected_usd(model, 0, 500)


@settings(max_examples=50)
@given(st.integers(0, 50_000), st.integers(0, 20_000))
def test_rounding_never_makes_it_cheaper_nor_a_tenth_dearer(read: int, written: int) -> None:
    model = ANTHROPIC_MODELS["architect"]
    usage = Usage(input_tokens=read, output_tokens=written)
    exact = float(calc_price(usage, model, provider_id="anthropic").total_price)
    price = expected_usd(f"anthropic:{model}", read, written)
    assert price is not None
    assert exact - 1e-12 <= price <= 1.1 * exact


@settings(max_examples=50)
@given(st.text(max_size=40), st.sampled_from(["openai:", "anthropic:", "ollama:", ""]))
def test_no_name_is_too_odd_to_be_looked_up(name: str, provider: str) -> None:
    price = expected_usd(provider + name, 1000, 500)
    assert price is None or price >= 0.0


def test_it_says_which_list_the_prices_are_from() -> None:
    assert re.fullmatch(r"genai-prices \d[\w.]*", price_list())
