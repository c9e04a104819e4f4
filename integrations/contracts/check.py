"""What looking at a part of an installation finds, for whoever runs it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes:
        name: what was looked at, short: "database", "role lead", "slack T012".
        ok: whether it is as it should be.
        sentence: what was found.
        mend: what to do; empty when there is nothing to do.
    """

    name: str
    ok: bool
    sentence: str
    mend: str = ""

    def data(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)
