"""What may come back from a tool: how much, in which form, and made readable.

Decides what is cut, and how a page or a picture is put into words. Refuses to know who sent it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bs4 import BeautifulSoup
from pydantic_ai.messages import BinaryContent, ToolReturn

from integrations.contracts.tools import MOST_RESULT, ToolFailure, ToolResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_DATA: Final = 100_000
"""Characters of JSON that are kept of a result beside its text."""
MOST_DESCRIPTION: Final = 1_000
"""Characters of a tool's description that models get to read."""

_PAGE: Final = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_UNSEEN: Final = re.compile(
    # Colours of terminals; then what shows nothing: controls, marks of direction, tags.
    r"\x1b\[[0-9;?]*[ -/]*[@-~]"
    "|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
_BLANKS: Final = re.compile(r"\n(?:[ \t]*\n)+")
_TRAILING: Final = re.compile(r"[ \t]+$", re.MULTILINE)
_SILENT: Final = ("script", "style", "noscript", "template", "svg", "head")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a source of tools may cost.

    Attributes:
        call_s: how long one call may take, whatever whoever calls would wait.
        start_s: how long it may take until it is there.
        most_bytes: how much it may send in one message.
        most_tools: how many of its tools are offered.
        idle_s: after how long without a call it is closed.
    """

    call_s: float = 120.0
    start_s: float = 30.0
    most_bytes: int = 5_000_000
    most_tools: int = 100
    idle_s: float = 600.0


def fit(value: object) -> ToolResult:
    """Return what a tool gave back as a result that can be kept and shown.

    A page becomes its text. Pictures, sound and other binary things are named, and dropped.
    """
    if isinstance(value, ToolResult):
        text, cut = shortened(readable(value.text))
        data, lost = _bounded(value.data)
        return ToolResult(text, data, value.link, value.phases, cut or lost or value.cut)
    if isinstance(value, ToolReturn):
        value = value.return_value
    parts = value if isinstance(value, list | tuple) else [value]
    text, cut = shortened("\n\n".join(filter(None, map(_in_words, parts))))
    plain = _plain(value)
    data, lost = _bounded(plain if isinstance(plain, dict) else _listed(plain))
    return ToolResult(text or "It said nothing.", data, cut=cut or lost)


def shortened(text: str) -> tuple[str, bool]:
    """Return as much of a text as is kept, and whether some of it was left out."""
    if len(text) <= MOST_RESULT:
        return text, False
    note = f"\n\n… ({len(text):,} characters in all; the rest was left out)"
    return text[: MOST_RESULT - len(note)] + note, True


def readable(text: str) -> str:
    """Return what a person can read of a text: a page's words, nothing that does not show."""
    if _PAGE.match(text):
        page = BeautifulSoup(text[: 20 * MOST_RESULT], "lxml")
        for element in page.find_all(_SILENT):
            element.decompose()
        text = page.get_text("\n")
    return _BLANKS.sub("\n\n", _TRAILING.sub("", _UNSEEN.sub("", text))).strip()


def _in_words(part: object) -> str:
    if part is None:
        return ""
    if isinstance(part, str):
        # More than twice of what is kept is never looked at.
        return readable(part[: 40 * MOST_RESULT])
    if isinstance(part, BinaryContent):
        kind = part.media_type.partition("/")[0]
        what = {"image": "a picture", "audio": "sound", "video": "a video"}.get(kind, "a file")
        return f"({what}, {part.media_type}, {len(part.data):,} bytes, left out)"
    try:
        return readable(json.dumps(_plain(part), ensure_ascii=False, indent=1, default=str))
    except (ValueError, RecursionError):
        raise ToolFailure("broken", "It sent something that cannot be read.") from None


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a value without what is no JSON."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, BinaryContent):
        return _in_words(value)
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124 - this is how NaN is told
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _listed(value: object) -> Mapping[str, Any]:
    return {"items": value} if isinstance(value, list) else {}


def _bounded(data: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Return data if there is not too much of it; half of a JSON document is none."""
    if not data:
        return {}, False
    lost = len(json.dumps(data, default=str)) > MOST_DATA
    return ({} if lost else data), lost


def without(secrets: Sequence[str], text: str) -> str:
    """Return a text without secrets that are known."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "•••")
    return text
