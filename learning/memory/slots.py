"""What people call the slots of memories when they ask for what is in them.

Decides which words a memory is found by beside its own. Refuses to know what is
in a slot.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def topic_of(slot: str) -> str:
    """Return the words by which people ask for a slot; its own name for one that is not known."""
    return _words().get(slot, slot.replace("_", " "))


@cache
def _words() -> Mapping[str, str]:
    text = resources.files("learning.memory").joinpath("slots.toml").read_text("utf-8")
    return tomllib.loads(text)
