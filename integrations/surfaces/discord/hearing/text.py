"""Discord's way of writing, as people read it.

Decides how mentions, times and emoji of a message are written in Markdown. Refuses to know who
wrote it and what becomes of it. The rest is Markdown already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODE: Final = re.compile(r"```.*?```|``[^\n]+?``|`[^`\n]+`", re.DOTALL)
_TOKEN: Final = re.compile(
    r"<(?:(?P<kind>@!|@&|@|\#)(?P<id>[0-9]{1,20})"
    r"|a?:(?P<emoji>\w{1,64}):[0-9]{1,20}"
    r"|/(?P<command>[^:<>\n]{1,100}):[0-9]{1,20}"
    r"|t:(?P<time>-?[0-9]{1,15})(?::[A-Za-z])?)>"
)
_FIRST: Final = re.compile(r"\s*<@!?([0-9]{1,20})>")


def addressee(text: str) -> str:
    """Return the id of who is mentioned at the very beginning, if anybody is."""
    found = _FIRST.match(text)
    return found[1] if found else ""


def as_markdown(text: str, ours: frozenset[str], names: Mapping[str, str]) -> str:
    """Return a message as Markdown.

    A mention of us that only calls us is gone; one inside a sentence stays readable.

    Args:
        text: the message as Discord sends it.
        ours: the ids that a mention of us has: the user's, and the role's that came with us.
        names: the names that are known, by id.
    """
    text = _without_call(text, ours)
    written: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        written += [_named(text[at : code.start()], names), code[0]]
        at = code.end()
    return "".join([*written, _named(text[at:], names)]).strip()


def quoted(text: str) -> str:
    """Return a text as a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _without_call(text: str, ours: frozenset[str]) -> str:
    """Return the text without mentions of us at its beginning and end."""
    token = rf"<@[!&]?(?:{'|'.join(sorted(ours))})>"
    first = re.compile(rf"\s*{token}(?:[,:](?=\s|$))?\s*")
    while found := first.match(text):
        text = text[found.end() :]
    text = text.rstrip()
    while (at := text.rfind("<@")) >= 0 and re.fullmatch(token, text[at:]):
        text = text[:at].rstrip().rstrip(",").rstrip()
    return text


def _named(text: str, names: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda token: _written(token, names), text)


def _written(token: re.Match[str], names: Mapping[str, str]) -> str:
    """Return what stands between angle brackets as people read it; a time stays as it is."""
    if token["kind"]:
        name = " ".join(names.get(token["id"], "").split()).lstrip("@#")
        return token["kind"][0] + (name or token["id"])
    if token["emoji"]:
        return f":{token['emoji']}:"
    return f"/{token['command']}" if token["command"] else token[0]
