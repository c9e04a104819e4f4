"""An action in one sentence, by which it is found again and told of.

Decides what of it is said: what was done, with which parameters, and what came of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.actions.contract import Acted

_VALUE: Final = 160
_RESULT: Final = 300


def summary(acted: Acted) -> str:
    """Return what was done, in one sentence: words that people look for it by."""
    api, _, name = acted.kind.partition(".")
    what = f"{(name or api).replace('_', ' ')} ({api.replace('_', ' ')})"
    told = f"Done: {what}"
    if told_params := listed(acted.params):
        told += f", {told_params}"
    if result := one_line(str(acted.result.get("text", "")), _RESULT):
        told += f". What came of it: {result}"
    return told.rstrip(".") + "."


def listed(params: Mapping[str, Any], most: int = _VALUE) -> str:
    """Return parameters on one line."""
    return ", ".join(
        f"{name.replace('_', ' ')}: {one_line(_plain(value), most)}"
        for name, value in params.items()
        if value not in (None, "", [], {})
    )


def one_line(text: str, most: int) -> str:
    """Return a text on one line, cut where there is no more room."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def _plain(value: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
