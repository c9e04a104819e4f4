"""How far a document is believed, by the kind of place it stands in.

Decides from the name alone. A test, an example or a change log mentions what a
project does in the very words of a question; the thing itself stands
elsewhere, and is what people want to be shown.
"""

from __future__ import annotations

import re
from typing import Final

FIRST_HAND: Final = 1.0
SECOND_HAND: Final = 0.6
"""For documents that talk about the thing instead of being it."""

_SECOND_HAND: Final = re.compile(
    r"(?:^|/)(?:tests?|testing|specs?|__tests__|fixtures?|examples?|samples?|demos?|benchmarks?)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest|[^/]*\.(?:test|spec))\.\w+$"
    r"|(?:^|/)(?:changelog|changes|history|news|release[-_]notes)(?:\.\w+)?$",
    re.IGNORECASE,
)


def trust_of(name: str) -> float:
    """Return how far a document is believed, in [0, 1].

    Args:
        name: its path, with ``/``.
    """
    return SECOND_HAND if _SECOND_HAND.search(name) else FIRST_HAND
