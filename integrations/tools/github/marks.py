"""The mark on what we make at GitHub, by which we know it again.

Decides where to look for it. Nobody sees it: it is a comment in Markdown.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from integrations.tools.github.client import GitHub

LOOKED_AT: Final = 100
"""The newest so many are looked at; who tries again does so soon."""
SKEW: Final = timedelta(minutes=10)
_TIMED: Final = 7


def marked(text: str, action_id: UUID) -> str:
    """Put the mark of an action under a text."""
    return f"{text.rstrip()}\n\n{_mark(action_id)}".lstrip()


async def made(
    github: GitHub, path: str, action_id: UUID, limit: int = LOOKED_AT, **params: str
) -> Mapping[str, Any] | None:
    """Return what an action made, if it is among the items of a list."""
    page = await github.page(path, limit, **params)
    mark = _mark(action_id)
    return next((each for each in page.items if mark in str(each.get("body") or "")), None)


def since(action_id: UUID) -> str:
    """Return when an action was wanted, less what clocks may differ; its id says so.

    What it made is not older. An id without a time in it says nothing.
    """
    if action_id.version != _TIMED:
        return ""
    at = datetime.fromtimestamp((action_id.int >> 80) / 1000, UTC) - SKEW
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _mark(action_id: UUID) -> str:
    return f"<!-- mynah:{action_id.hex} -->"
