"""Estimates how many tokens a model will see in a text, without its tokeniser."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(r"[A-Za-z]{1,6}|\d{1,2}|\w|[^\w\s]")


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a model will see; meant to err on the high side.

    Six letters or two digits make one token; so does every other character.
    """
    return len(_TOKEN.findall(text))
