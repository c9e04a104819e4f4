"""Takes secrets out of what is stored of an action, and bounds its size.

Decides what a secret is: by the name of what holds it, by its shape, and by the words before it.
Refuses to know where anything is stored; what is performed is never changed by it.
"""

from __future__ import annotations

import json
import re
from math import log2
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECRET: Final = "[secret]"  # noqa: S105 - what stands in the place of one
CUT: Final = " […]"

MOST_TEXT: Final = 4_000
"""Characters of one text that are kept."""
MOST_STORED: Final = 24_000
"""Characters of all that is kept of one value, as JSON."""

_WINDOW: Final = 60_000
"""Characters of a text that are looked through; the rest is cut off unread."""
_DEEPEST: Final = 12
_SIZES: Final = ((MOST_TEXT, 200), (1_000, 50), (200, 20), (40, 5))
"""Characters of a text and entries of a collection, until the whole is small enough."""

_ALWAYS: Final = frozenset(
    {
        "password", "passwords", "passwd", "passphrase", "passcode", "pwd", "secret", "secrets",
        "authorization", "cookie", "cookies", "credential", "credentials", "apikey", "pin", "otp",
    }
)  # fmt: skip
_TEXTS: Final = frozenset({"token", "tokens", "auth", "bearer", "jwt", "pat", "session", "sid"})
"""Names of secrets when they hold a text; a number under them is a count."""
_KEYS: Final = frozenset(
    {"api", "private", "access", "secret", "signing", "encryption", "master", "client", "auth",
     "shared", "ssh", "deploy", "license"}
)  # fmt: skip
"""What makes a key a secret one: "api_key"."""
_PAGES: Final = frozenset({"page", "next", "continuation", "sync", "pagination"})
"""What makes a token a place in a list."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_SHAPES: Final = re.compile(
    r"""
    -----BEGIN\ [^-\n]*(?:PRIVATE\ KEY|CERTIFICATE)[^-\n]*-----.*?(?:-----END[^-]*-----|\Z)
    | \bgh[a-z]_[A-Za-z0-9]{16,} | \bgithub_pat_\w{16,} | \bglpat-[\w-]{16,}
    | \bsk-[A-Za-z0-9][\w-]{14,} | \b[sr]k_(?:live|test)_[A-Za-z0-9]{10,} | \bwhsec_\w{10,}
    | \bxox[a-z](?:\.xox[a-z])?-[\w-]{8,} | \bxapp-[\w-]{10,}
    | \b(?:AKIA|ASIA|AGPA|AROA)[0-9A-Z]{12,} | \bAIza[\w-]{30,} | \bya29\.[\w-]{16,}
    | \beyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?
    | \bnpm_[A-Za-z0-9]{20,} | \bpypi-[\w-]{16,} | \bhf_[A-Za-z0-9]{20,} | \bshp[a-z]{2}_\w{16,}
    | \bSG\.[\w-]{16,}\.[\w-]{16,} | \bdop_v1_\w{20,} | \bAGE-SECRET-KEY-\w+
    | \b[MNO][\w-]{22,28}\.[\w-]{6}\.[\w-]{27,} | \b\d{8,10}:[A-Za-z0-9_-]{34,36}\b
    | (?<=hooks\.slack\.com/services/)[\w/]+ | (?<=/api/webhooks/)\d+/[\w-]+
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_ADDRESS: Final = re.compile(r"(?P<before>\b[a-zA-Z][\w+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)")
_HEADER: Final = re.compile(
    r"(?P<before>\b(?:proxy-)?authorization[\"']?[ \t]*[:=][ \t]*|\b(?:set-)?cookie:[ \t]*)"
    r"(?P<rest>[^\r\n]+)",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"(?P<before>(?<![A-Za-z])(?P<name>[A-Za-z][\w.-]*(?:[ \t]key)?)"
    r"[\"']?[ \t]*(?::|=>?|\bis\b)[ \t]*)"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?|[^\s\"'&,;<>()\[\]{}]+)"
)
_SCHEME: Final = re.compile(
    r"(?P<before>\b(?:bearer|basic|token|digest)[ \t]+)(?P<value>[\w.~+/=-]{8,})", re.IGNORECASE
)
_AFTER_A_WORD: Final = re.compile(
    r"(?P<before>\b(?:\w*key|\w*secret|\w*token|password|passphrase|credentials?)\b.{0,24}?)"
    r"(?P<value>(?<![\w+/=-])[\w+/=-]{16,})",
    re.IGNORECASE,
)
_ORDINARY: Final = re.compile(
    r"(?:must|should|cannot|can|may|is|was|has|had|not|no|too|the|this|that|an?|field|value|"
    r"string|str|int|integer|text|none|null|true|false|missing|required|invalid|incorrect|wrong|"
    r"expired|revoked|expected|unknown|empty|unset|bad|given|needed|optional|denied|rejected|"
    r"only|please|does|did|will|length|at|in|of|on|to|for|or|and)\b",
    re.IGNORECASE,
)
_ENTROPY: Final = 3.0
_LONG: Final = 20
_FIGURE: Final = 7
"""Digits from which on a number is no count."""


def redact(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value without its secrets, small enough to be kept."""
    for characters, entries in _SIZES:
        kept = _kept(value, characters, entries, _DEEPEST, named=None)
        if len(json.dumps(kept, ensure_ascii=False, default=str)) <= MOST_STORED:
            return kept
    return CUT.strip()


def redact_text(text: str, most: int = MOST_TEXT) -> str:
    """Return a text without its secrets, at most so long."""
    whole = len(text) <= _WINDOW
    # What stands at the end of the window may be half a secret, which has no shape any more.
    text = _without(text if whole else re.sub(r"\S*\Z", "", text[:_WINDOW]))
    return text if whole and len(text) <= most else text[: max(0, most - len(CUT))] + CUT


def holds_secret(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether something in a JSON value would be taken out of it."""
    if isinstance(value, str):
        return _without(value) != value
    if isinstance(value, dict):
        return any(
            holds_secret(str(key))
            or (_secret_of(key, value) and _masked(inside, strictly=_strict(key)) != inside)
            or holds_secret(inside)
            for key, inside in value.items()
        )
    return isinstance(value, list | tuple) and any(holds_secret(each) for each in value)


def unmarked(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters without those of which something was taken out: nothing learns from them.

    What was cut is not what was sent either.
    """
    return {
        name: value
        for name, value in params.items()
        if not any(SECRET in text or text.endswith(CUT) for text in _texts(value))
    }


def _texts(value: Any) -> Iterable[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inside in value.items():
            yield str(key)
            yield from _texts(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _texts(inside)


def _kept(
    value: Any,  # noqa: ANN401 - JSON
    characters: int,
    entries: int,
    deep: int,
    *,
    named: bool | None,
) -> Any:  # noqa: ANN401 - JSON
    """Return what is kept of a value.

    Args:
        value: any JSON.
        characters: of each text.
        entries: of each collection.
        deep: how much further down to look.
        named: whether it stands under the name of a secret, and numbers are one too.
    """
    if isinstance(value, dict) and deep:
        return {
            redact_text(str(key), 200): _kept(
                inside,
                characters,
                entries,
                deep - 1,
                named=_strict(key) if named is None and _secret_of(key, value) else named,
            )
            for key, inside in list(value.items())[:entries]
        }
    if isinstance(value, list | tuple):
        return [_kept(each, characters, entries, deep - 1, named=named) for each in value[:entries]]
    if named is not None:
        return _masked(value, strictly=named)
    if isinstance(value, str):
        return redact_text(value, characters)
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact_text(str(value), characters)


def _masked(value: Any, *, strictly: bool) -> Any:  # noqa: ANN401 - JSON
    """Return what stands in the place of a value under a secret's name."""
    if isinstance(value, dict | list | tuple):
        return (
            SECRET
            if any(_masked(each, strictly=strictly) == SECRET for each in _leaves(value))
            else value
        )
    if value is None or value == "" or isinstance(value, bool):
        return value
    return value if isinstance(value, int | float) and not strictly else SECRET


def _leaves(value: Any) -> Iterable[Any]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for inside in value.values():
            yield from _leaves(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _leaves(inside)
    else:
        yield value


def _secret_of(key: object, beside: Mapping[Any, Any]) -> bool:
    """Tell whether what a key holds is a secret, by its name or by the name that stands beside.

    Headers and settings often come as ``{"name": "Authorization", "value": …}``.
    """
    if _is_name(str(key)):
        return True
    if str(key).lower() not in {"value", "content", "text"}:
        return False
    return any(
        isinstance(name := beside.get(by), str) and _is_name(name)
        for by in ("name", "key", "header", "field")
    )


def _is_name(name: str) -> bool:
    """Tell whether something is called as secrets are."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words:
        return False
    last = words[-1]
    if last in {"key", "keys"}:
        return bool(_KEYS.intersection(words[:-1]))
    if last in _TEXTS:
        return not _PAGES.intersection(words[:-1])
    if last in {"id", "value", "hash", "header", "string"} and len(words) > 1:
        return words[-2] in (_ALWAYS | {"session", "token"})
    return last in _ALWAYS


def _strict(key: object) -> bool:
    """Tell whether a number under this name is a secret too."""
    words = [word.lower() for word in _WORD.findall(str(key))]
    return not words or words[-1] not in _TEXTS


def _without(text: str) -> str:
    text = _SHAPES.sub(SECRET, text)
    text = _IN_ADDRESS.sub(rf"\g<before>{SECRET}", text)
    text = _HEADER.sub(_header, text)
    text = _SCHEME.sub(_scheme, text)
    text = _names(text)
    return _AFTER_A_WORD.sub(_after, text)


def _header(match: re.Match[str]) -> str:
    rest = match["rest"].lstrip("\"'")
    if SECRET in rest and len(rest) < len(SECRET) + 2:
        return match[0]
    return match[0] if _ORDINARY.match(rest) else match["before"] + SECRET


def _scheme(match: re.Match[str]) -> str:
    value = match["value"]
    looks = any(c.isdigit() for c in value) or len(value) >= _LONG
    return match["before"] + SECRET if looks else match[0]


def _names(text: str) -> str:
    """Return a text without what stands behind the name of a secret."""
    kept, at = [], 0
    while (match := _NAMED.search(text, at)) is not None:
        told = _named(match)
        # A value may hold names of its own: an address its parameters.
        end = match.start("value") if told is None else match.end()
        kept.append(text[at:end] if told is None else text[at : match.start()] + told)
        at = end
    return "".join([*kept, text[at:]])


def _named(match: re.Match[str]) -> str | None:
    """Return what stands in the place of a name and its value; ``None`` if it is no secret."""
    value = match["value"]
    bare = value.strip("\"'")
    if not _is_name(match["name"]) or not bare or SECRET in bare or _ORDINARY.match(bare):
        return None
    if bare.isdigit() and len(bare) < _FIGURE and not _strict(match["name"]):
        return None  # a count of tokens
    if re.search(r"\bis[ \t]*$", match["before"]) and not any(c.isdigit() for c in bare):
        return None  # "the secret is patience"
    quote = value[0] if value[0] in "\"'" else ""
    end = quote if quote and value.endswith(quote) and len(value) > 1 else ""
    return f"{match['before']}{quote}{SECRET}{end}"


def _after(match: re.Match[str]) -> str:
    value = match["value"]
    letters, digits = any(c.isalpha() for c in value), any(c.isdigit() for c in value)
    random = letters and digits and _entropy(value) >= _ENTROPY
    return match["before"] + SECRET if random else match[0]


def _entropy(text: str) -> float:
    """Return how many bits a character of a text tells, by how often each is in it."""
    shares = [text.count(each) / len(text) for each in set(text)]
    return -sum(share * log2(share) for share in shares)
