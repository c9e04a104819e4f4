"""What went wrong with a tool, as a kind of failure and one sentence.

Decides which of the port's failures a status, a code or a tool's own words amount to. What is not
certain to have changed nothing never becomes a failure that says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from integrations.contracts.tools import ToolFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from learning.actions.contract import Effect, FaultKind

MOST_SAID: Final = 2_000
"""Characters of a tool's own words that are kept of a failure."""
LONGEST_WAIT_S: Final = 86_400.0

_STATUS: Final[Mapping[int, FaultKind]] = {
    400: "invalid",
    401: "denied",
    403: "denied",
    404: "not_found",
    405: "invalid",
    408: "timeout",
    409: "conflict",
    410: "not_found",
    412: "conflict",
    413: "too_large",
    415: "invalid",
    422: "invalid",
    423: "conflict",
    425: "unavailable",
    428: "invalid",
    429: "rate_limited",
    504: "timeout",
}

_SAYING: Final[tuple[tuple[FaultKind, str], ...]] = (
    ("rate_limited", r"rate.?limit|too many requests|\b429\b|quota exceeded|slow down"),
    (
        "denied",
        (
            r"unauthori[sz]ed|forbidden|permission denied|not permitted|access denied"
            r"|\b40[13]\b|"
            r"(invalid|expired|revoked|bad|missing) (\w+ )?(token|credentials|api.?key)"
        ),
    ),
    ("timeout", r"timed? ?out|deadline exceeded|\b504\b"),
    ("unavailable", r"unavailable|\b50[023]\b|connection (refused|reset)|try again later"),
    ("conflict", r"already exists|conflict|\b409\b|duplicate"),
    (
        "not_found",
        r"not found|no such|does ?n[o']t exist|unknown (?!argument|param|field)|\b404\b",
    ),
    (
        "invalid",
        (
            r"validation|invalid|must be|must not|required|missing|expected|malformed"
            r"|unknown (argument|param|field)|unexpected (argument|keyword)|unsupported"
            r"|\b4(00|22)\b"
        ),
    ),
)
_WORDS: Final = tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _SAYING)
_WAIT: Final = re.compile(
    r"(?:retry|again|wait)\D{0,20}?(\d+(?:\.\d+)?)\s*(ms|milliseconds?|m|min(?:utes?)?|s|sec(?:onds?)?)\b",
    re.IGNORECASE,
)

_SENTENCES: Final[Mapping[FaultKind, str]] = {
    "invalid": "{who} says that the call is wrong: look at what it says, and change it.",
    "not_found": "{who} did not find what was asked for: check the name.",
    "denied": "{who} did not allow it: its token is missing, revoked, or may not do this.",
    "rate_limited": "{who} asks to slow down: try again {later}.",
    "conflict": "{who} says that it clashes with what is there.",
    "unavailable": "{who} is not there, or has a fault of its own: try again later.",
    "timeout": "{who} did not answer in time; nobody can tell whether it was done.",
    "too_large": "{who} sent more than is allowed here: ask for less.",
    "not_allowed": "That is not allowed here.",
    "broken": "{who} answered in a way that could not be read.",
}


def of_status(status: int) -> FaultKind:
    """Return what an HTTP status amounts to."""
    known = _STATUS.get(status)
    if known is not None:
        return known
    return "unavailable" if status >= 500 else "broken"  # noqa: PLR2004 - a class of statuses


def of_words(said: str, effect: Effect) -> FaultKind:
    """Return what a tool's own words amount to, where words are all there is.

    Words that say nothing certain are ``invalid`` for a tool that only reads; of one that writes
    nobody can tell whether it did.
    """
    for kind, words in _WORDS:
        if words.search(said):
            return kind
    return "invalid" if effect == "reads" else "broken"


def failure(
    kind: FaultKind,
    who: str,
    said: str = "",
    *,
    status: int | None = None,
    retry_after_s: float | None = None,
) -> ToolFailure:
    """Return a failure with a sentence for a person.

    Args:
        kind: what sort of failure.
        who: the service, for people.
        said: what it said; written by others.
        status: the HTTP status, where there was one.
        retry_after_s: how long to wait.
    """
    later = "later" if retry_after_s is None else f"in {max(1, round(retry_after_s))} s"
    return ToolFailure(
        kind,
        _SENTENCES[kind].format(who=who, later=later),
        said[:MOST_SAID],
        status,
        retry_after_s=retry_after_s,
    )


def wait_in(said: str) -> float | None:
    """Return how long a tool's words say to wait, in seconds."""
    found = _WAIT.search(said)
    if found is None:
        return None
    unit = found[2].lower()
    scale = 0.001 if unit.startswith(("ms", "milli")) else 60.0 if unit.startswith("m") else 1.0
    return min(LONGEST_WAIT_S, float(found[1]) * scale)


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Return how long a response says to wait, in seconds, if it counts them."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(LONGEST_WAIT_S, seconds) if seconds >= 0 else None


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, those inside it, and those that it came from."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
        waiting += [x for x in (each.__cause__, each.__context__) if x is not None]
