"""What is known of a person, in the words and groups in which they read it.

Decides how sure each thing sounds and where it stands. Refuses to know how it
was learned, and how it looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from learning.citations import day
from learning.memory.contract import MemoryKind, Origin
from learning.persona import MIDDLE

Permits = Literal["suggest", "ask", "silent", "fade"]

_GROUPS: Final[Mapping[MemoryKind, str]] = {
    "goal": "Goals",
    "preference": "Preferences",
    "insight": "Insights",
}
_ORIGINS: Final[Mapping[Origin, str]] = {
    "stated": "You said so",
    "chosen": "You chose it",
    "observed": "I noticed it",
    "inferred": "I concluded it",
}
_SURE: Final[Mapping[Permits, str]] = {
    "suggest": "sure enough to use it",
    "ask": "fairly sure, so I ask first",
    "silent": "too unsure to use it",
    "fade": "fading",
}
_TOLD: Final = 0.005
"""A facet nearer to the middle than this says nothing yet."""


class Remembered(BaseModel):
    """One memory as the command ``me`` tells it."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1)
    kind: MemoryKind
    text: str
    origin: Origin
    permits: Permits
    times_observed: int = Field(ge=0)
    last_seen: AwareDatetime
    until: AwareDatetime | None = None

    def how(self) -> str:
        """Return how it became known, how sure it is, and when it was last heard."""
        how = _ORIGINS[self.origin]
        if self.origin == "observed" and self.times_observed > 1:
            how += f" {self.times_observed} times"
        parts = [how, _SURE[self.permits], day(self.last_seen)]
        if self.until is not None:
            parts.append(f"until {day(self.until)}")
        return " · ".join(parts)


class Known(BaseModel):
    """Everything that the command ``me`` tells of a person."""

    model_config = ConfigDict(frozen=True)

    memories: tuple[Remembered, ...]
    persona: Mapping[str, float]
    asks_below: float = Field(ge=0, le=1)
    learning: bool

    def shown(self) -> dict[str, Any]:
        """Return it as the page shows it."""
        groups = [
            {"title": title, "folded": False, "memories": self._of(kind)}
            for kind, title in _GROUPS.items()
        ]
        choices = self._of("history")
        count = len(choices)
        remembered = f"{count} remembered choice{'' if count == 1 else 's'}"
        groups.append({"title": remembered, "folded": True, "memories": choices})
        return {
            "groups": [group for group in groups if group["memories"]],
            "facets": self._facets(),
            "asks_below": round(100 * self.asks_below),
            "learning": self.learning,
        }

    def _of(self, kind: MemoryKind) -> list[dict[str, str]]:
        mine = [memory for memory in self.memories if memory.kind == kind]
        return [{"id": each.id, "text": each.text, "how": each.how()} for each in mine]

    def _facets(self) -> list[dict[str, Any]]:
        if all(abs(value - MIDDLE) < _TOLD for value in self.persona.values()):
            return []
        return [
            {
                "name": name.replace("_", " ").capitalize(),
                "percent": round(100 * min(1.0, max(0.0, value))),
            }
            for name, value in self.persona.items()
        ]
