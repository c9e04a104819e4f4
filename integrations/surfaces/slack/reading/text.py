"""Slack's way of writing, as people read it.

Decides how links, mentions and escapes of a message are written in Markdown. Refuses to
know who wrote it and what becomes of it. Bold, lists and quotes are left as they were
typed: they read the same. Reference: https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integrations.surfaces.slack.reading.payload import Bot

_CODE: Final = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_TOKEN: Final = re.compile(r"<([^<>|\n]+)(?:\|([^<>\n]*))?>")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LINKED: Final = ("http://", "https://", "mailto:")
_FIRST_MENTION: Final = re.compile(r"\s*<@([A-Za-z0-9_-]+)(?:\|[^<>\n]*)?>")


def mentions(text: str, user_id: str) -> bool:
    """Tell whether a text mentions somebody."""
    return bool(user_id) and (f"<@{user_id}>" in text or f"<@{user_id}|" in text)


def addressee(text: str) -> str:
    """Return the id of who is mentioned at the very beginning, if anybody is."""
    found = _FIRST_MENTION.match(text)
    return found[1] if found else ""


def as_markdown(text: str, bot: Bot) -> str:
    """Return a message as Markdown.

    A mention of us that only calls us is gone; one inside a sentence stays readable.

    Args:
        text: the message as Slack sends it.
        bot: who we are, and the names that are known.
    """
    text = _without_call(text, bot.user_id)
    names = {**bot.names, bot.user_id: bot.name}
    written: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        written += [_prose(text[at : code.start()], names), _code(code[0], names)]
        at = code.end()
    return "".join([*written, _prose(text[at:], names)]).strip()


def unescaped(text: str) -> str:
    """Return the text with Slack's three escapes undone, each once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _without_call(text: str, user_id: str) -> str:
    """Return the text without mentions of us at its beginning and end."""
    if not mentions(text, user_id):
        return text
    token = rf"<@{re.escape(user_id)}(?:\|[^<>\n]*)?>"
    first = re.compile(rf"\s*{token}(?:[,:](?=\s|$))?\s*")
    while found := first.match(text):
        text = text[found.end() :]
    text = text.rstrip()
    while (at := text.rfind("<@")) >= 0 and re.fullmatch(token, text[at:]):
        text = text[:at].rstrip().rstrip(",").rstrip()
    return text


def _prose(text: str, names: Mapping[str, str]) -> str:
    return _each_token(text, names, in_code=False)


def _code(text: str, names: Mapping[str, str]) -> str:
    return _each_token(text, names, in_code=True)


def _each_token(text: str, names: Mapping[str, str], *, in_code: bool) -> str:
    written: list[str] = []
    at = 0
    for token in _TOKEN.finditer(text):
        written.append(unescaped(text[at : token.start()]))
        written.append(_written(token, names, in_code=in_code))
        at = token.end()
    return "".join([*written, unescaped(text[at:])])


def _written(token: re.Match[str], names: Mapping[str, str], *, in_code: bool) -> str:
    """Return what stands between angle brackets as people read it."""
    what, label = unescaped(token[1]), unescaped(token[2] or "")
    if what[0] in "@#":
        return what[0] + _name(names.get(what[1:]) or label or what[1:])
    if what[0] == "!":
        return _special(what[1:], label, names)
    if _SCHEME.match(what):
        return (label or what) if in_code else _link(what, label)
    return unescaped(token[0])


def _special(what: str, label: str, names: Mapping[str, str]) -> str:
    """Return a mention of a group or of everybody, or a date."""
    kind, _, rest = what.partition("^")
    if kind == "date":
        return label
    if kind == "subteam":
        return "@" + _name(label or names.get(rest) or rest)
    return "@" + _name(label or kind)


def _link(url: str, label: str) -> str:
    """Return a link; one whose label is only its address is written as it was typed."""
    if not label or label == url:
        return url
    if label.rstrip("/") == url.partition(":")[2].removeprefix("//").rstrip("/"):
        return label
    if not url.lower().startswith(_LINKED):
        return f"{label} ({url})"
    shown = re.sub(r"([\[\]\\])", r"\\\1", label)
    return f"[{shown}]({url.replace(' ', '%20').replace('(', '%28').replace(')', '%29')})"


def _name(name: str) -> str:
    return " ".join(name.split()).lstrip("@#")
