"""What of a model's conclusions about a person is believed.

Decides that a conclusion must stand on the words of the message it names, and how
sure it may be at most. Refuses to know which model drew it, and when it was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from learning.memory.contract import TRUST, Draft
from learning.memory.objects import tells
from learning.memory.statements import may_be_kept

if TYPE_CHECKING:
    from learning.lexicon import Lexicon
    from learning.memory.contract import MemoryKind

SUPPORT: Final = 0.5
"""Share of a conclusion's words that its message must hold."""
MOST: Final = 0.6
"""The most confidence: it may be asked about, and becomes certain only when it is said or seen."""


def concluded(
    kind: MemoryKind, text: str, confidence: float, source: str, lexicon: Lexicon
) -> Draft | None:
    """Return what is to be remembered of a conclusion; nothing if it is not borne out.

    Args:
        kind: what it is.
        text: as the model put it.
        confidence: what the model thinks of it, in [0, 1].
        source: the person's own words in the message that it names; empty if there are none.
        lexicon: cuts words.
    """
    terms = set(lexicon.terms(text))
    shared = terms & set(lexicon.terms(source))
    if not terms or len(shared) < SUPPORT * len(terms):
        return None
    if not may_be_kept(text) or not tells(text):
        return None
    return Draft(
        kind,
        " ".join(text.split()),
        "inferred",
        confidence=min(confidence, MOST),
        trust=TRUST["inferred"],
    )
