"""What a call is likely to cost before it was ever made.

Decides from the list of prices that comes with genai-prices; nothing is fetched. Refuses to
know what is worth its price and what calls did cost.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, time
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from integrations.models.mapping import MappingFailure, ModelRef

if TYPE_CHECKING:
    from datetime import date

_PACKAGE: Final = "genai-prices"
_DIGITS: Final = 2
"""To which the numbers of tokens are rounded up: they are guesses, and a price is looked up for
each model of each turn, which takes a tenth of a millisecond when it is a new one."""


def price_list() -> str:
    """Return the name and the version of the price list; it says no date of its own."""
    return f"{_PACKAGE} {version(_PACKAGE)}"


def expected_usd(model_id: str, input_tokens: int, output_tokens: int) -> float | None:
    """Return the list price of a call today in US dollars: 0 is free, ``None`` is unknown.

    What runs on one's own machine is free. A model that the list knows but has no price a
    token for, such as one that is paid by the minute, is unknown.

    Args:
        model_id: ``provider:model``; what is no such name has no price.
        input_tokens: tokens that the model will read, rounded up to two digits; less than 0
            counts as 0.
        output_tokens: tokens that it will write; likewise.
    """
    try:
        ref = ModelRef.parse(model_id)
    except MappingFailure:
        return None
    if ref.provider in {"offline", "ollama"}:
        return 0.0
    today = datetime.now(UTC).date()
    return _listed(ref, _rounded(input_tokens), _rounded(output_tokens), today)


@lru_cache(maxsize=4096)
def _listed(ref: ModelRef, input_tokens: int, output_tokens: int, on: date) -> float | None:
    # The list takes a while to load, and who has no paid models never needs it.
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - see the line above

    try:
        found = calc_price(
            Usage(input_tokens=input_tokens, output_tokens=output_tokens),
            ref.model,
            provider_id=ref.provider,
            genai_request_timestamp=datetime.combine(on, time(12), UTC),
        )
    except (LookupError, ValueError):
        return None
    if found.model_price.input_mtok is None or found.model_price.output_mtok is None:
        return None
    price = float(found.total_price)
    return price if math.isfinite(price) and price >= 0.0 else None


def _rounded(tokens: int) -> int:
    unit = int(10 ** max(len(str(max(tokens, 0))) - _DIGITS, 0))
    return -(-max(tokens, 0) // unit) * unit
