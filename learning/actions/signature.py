"""What a failure says, without what differs from call to call.

Decides which parts of a message are this call's own (its values, ids, digests, times, places)
and which tell one problem from another: names of fields, codes, limits, what is allowed. Refuses
to know what mends it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_CHARS: Final = 300
"""Characters of a signature."""
_MOST_READ: Final = 4000
_MOST_VALUES: Final = 60
_SHORTEST_VALUE: Final = 3
"""A shorter value is replaced only where it stands in quotes or after "got"."""

_CHANGING: Final = (
    (r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", "<id>"),
    (r"\b\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:z|[+-]\d\d:?\d\d)?", "<time>"),
    (r"\b\d{4}-\d\d-\d\d\b", "<time>"),
    (r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b", "<time>"),
    (r"(?:/tmp|/var/folders|/private/tmp|[a-z]:\\temp)[\w./\\+-]*", "<path>"),
    (r"\b((?:request|trace|correlation|span)[ _-]?id)\b\W{0,3}[\w.:-]+", r"\1 <id>"),
    (r"\b(?:req|trace|evt)_\w{6,}\b", "<id>"),
    (r"\b(line) \d+(?:,? col(?:umn)?\.? \d+)?", r"\1 <place>"),
    (r"(?<=[\w>)]):\d+:\d+\b", ":<place>"),
    (r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b", "<id>"),
    (r"\b0x[0-9a-f]+\b", "<id>"),
    (r"\b\d{8,}\b", "<number>"),
    (r"\b\d+(?:\.\d+)? ?(?:ms|milliseconds)\b", "<duration>"),
)
_SPACE: Final = re.compile(r"\s+")
_PATTERNS: Final = tuple((re.compile(pattern, re.IGNORECASE), put) for pattern, put in _CHANGING)


def signature(text: str, params: Mapping[str, Any]) -> str:
    """Return what stays the same when the same problem comes back; empty for an empty text.

    The same text and parameters give the same signature, and a signature is its own.

    Args:
        text: what the tool said.
        params: what it was called with: its values are this call's, its names are not.
    """
    said = _SPACE.sub(" ", text[:_MOST_READ]).strip().casefold()
    for value in sorted(_values(params), key=lambda v: (-len(v), v))[:_MOST_VALUES]:
        said = _without(said, value)
    for pattern, put in _PATTERNS:
        said = pattern.sub(put, said)
    return _SPACE.sub(" ", said)[:MOST_CHARS].strip()


def _without(said: str, value: str) -> str:
    """Return the text without a value of this call; a number stays where it is a limit."""
    if value not in said:
        return said
    quoted = rf"""(?P<q>['"`‘“]){re.escape(value)}(?P<e>['"`’”])"""
    said = re.sub(quoted, r"\g<q><value>\g<e>", said)
    said = re.sub(rf"\b(got|given|received|was|value|input)([:=]? ){re.escape(value)}(?!\w)",
                  r"\1\2<value>", said)  # fmt: skip
    if len(value) < _SHORTEST_VALUE or _plain(value):
        return said
    return re.sub(rf"(?<![\w<]){re.escape(value)}(?![\w>])", "<value>", said)


def _plain(value: str) -> bool:
    """Tell a bare word or number, which may be a limit or an allowed value in its own right."""
    return value.isalpha() or value.replace(".", "", 1).lstrip("-").isdigit()


def _values(params: Mapping[str, Any]) -> set[str]:
    names = {name.casefold() for name in _names(params)}
    found = {_SPACE.sub(" ", str(v)).strip().casefold() for v in _leaves(params)}
    return {value for value in found if value and value not in names and "<" not in value}


def _names(value: Any) -> Iterator[str]:  # noqa: ANN401 - parameters are JSON of any shape
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def _leaves(value: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None and not isinstance(value, bool):
        yield value
