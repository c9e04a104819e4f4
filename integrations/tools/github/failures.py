"""What an answer of GitHub means that is not what was asked for.

Decides the kind of a failure, how long to wait, and what a person can do about it. Refuses to
put GitHub's own words into sentences for people: they stand in ``said``, for learning.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from integrations.contracts.tools import ToolFailure

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from learning.actions.contract import FaultKind

UNSAID_S: Final = 60.0
"""How long to wait where GitHub says "too often" and not how long; its documentation says so."""
LONGEST_S: Final = 3600.0
MOST_SAID: Final = 2_000

_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _SERVER_ERROR, _CLOSED = 401, 403, 429, 500, 503
_REVOKED: Final = (
    "GitHub no longer takes the token: it was revoked or has ended. "
    "An admin makes a new one and sets it."
)
_APP_REFUSED: Final = (
    "GitHub does not take the App: see that its id, its key and its installation are right."
)
_THERE_ALREADY: Final = ("already exists", "already_exists", "already running", "already been")

_GONE_FROM: Final[tuple[FaultKind, str]] = ("not_found", "{about} has moved: use its new name.")
_NOT_NOW: Final[tuple[FaultKind, str]] = (
    "conflict",
    "{about} is not in a state for this: look at it first.",
)
_REFUSALS: Final[Mapping[int, tuple[FaultKind, str]]] = {
    301: _GONE_FROM,
    302: _GONE_FROM,
    307: _GONE_FROM,
    308: _GONE_FROM,
    404: ("not_found", "There is no {about}, or the token may not see it."),
    405: _NOT_NOW,
    409: _NOT_NOW,
    410: ("not_found", "{about} is gone, or switched off there."),
}


def failure(
    method: str,
    about: str,
    response: httpx.Response,
    body: object,
    now: float,
    *,
    app: bool = False,
) -> ToolFailure:
    """Make the failure of an answer.

    Args:
        method: how it was asked.
        about: what for, in a few words: "acme/api issue 5".
        response: the answer; only its status and headers are looked at.
        body: what it holds, as far as it is JSON.
        now: seconds since 1970, as GitHub counts.
        app: whether it was an App's own signature that was refused.
    """
    status = response.status_code
    said = said_in(body)
    wait = limited(response, said, now)
    if wait is not None:
        return ToolFailure(
            "rate_limited",
            f"GitHub takes no more requests for {max(1, round(wait))} seconds: wait so long.",
            said,
            status,
            retry_after_s=wait,
        )
    if status == _UNAUTHORIZED:
        return ToolFailure("denied", _APP_REFUSED if app else _REVOKED, said, status)
    if status >= _SERVER_ERROR:
        return _down(method, about, status, said)
    kind, sentence = _refused(method, about, response, said)
    return ToolFailure(kind, sentence, said, status)


def _refused(method: str, about: str, response: httpx.Response, said: str) -> tuple[FaultKind, str]:
    status = response.status_code
    if any(words in said.lower() for words in _THERE_ALREADY):
        return "conflict", f"GitHub has that already, or is at it: {about}."
    if status == _FORBIDDEN:
        needed = response.headers.get("x-accepted-github-permissions", "")
        more = f" It needs {needed}." if _plain(needed) else ""
        return "denied", f"The token may not do this to {about}.{more}"
    if status in _REFUSALS:
        kind, sentence = _REFUSALS[status]
        return kind, sentence.format(about=about)
    return "invalid", f"GitHub refused {method} {about}: a parameter is wrong."


def _down(method: str, about: str, status: int, said: str) -> ToolFailure:
    """GitHub itself failed: before it did anything, or nobody knows when."""
    if method == "GET" or status == _CLOSED:
        return ToolFailure(
            "unavailable", f"GitHub does not work right now ({status}): try later.", said, status
        )
    return ToolFailure(
        "timeout",
        f"GitHub failed ({status}), and nobody can tell whether it was done: "
        f"look at {about} before doing it again.",
        said,
        status,
    )


def lost(method: str, about: str, *, sent: bool) -> ToolFailure:
    """Make the failure of a request that got no answer."""
    if not sent:
        return ToolFailure("unavailable", "GitHub cannot be reached: try later.")
    if method == "GET":
        return ToolFailure("timeout", f"GitHub did not answer in time about {about}: try later.")
    return ToolFailure(
        "timeout",
        "GitHub did not answer, and nobody can tell whether it was done: "
        f"look at {about} before doing it again.",
    )


def said_in(body: object) -> str:
    """Return GitHub's message and its errors, as one text that learning can read."""
    if not isinstance(body, dict):
        return ""
    said = str(body.get("message", ""))
    errors = body.get("errors")
    if errors:
        said += ": " + json.dumps(errors, ensure_ascii=False)
    return said[:MOST_SAID]


def limited(response: httpx.Response, said: str, now: float) -> float | None:
    """Return how long to wait if it was too often, else None."""
    headers: Mapping[str, str] = response.headers
    if response.status_code not in {_FORBIDDEN, _TOO_MANY}:
        return None
    after = _number(headers.get("retry-after"))
    if after is not None:
        return min(max(after, 1.0), LONGEST_S)
    if headers.get("x-ratelimit-remaining") == "0":
        resets = _number(headers.get("x-ratelimit-reset"))
        return UNSAID_S if resets is None else min(max(resets - now, 1.0), LONGEST_S)
    if response.status_code == _TOO_MANY or "secondary rate limit" in said.lower():
        return UNSAID_S
    return None


def _number(text: Any) -> float | None:  # noqa: ANN401 - a header that may be anything
    said = str(text or "")
    return float(said) if said.isascii() and said.isdigit() else None


def _plain(text: str) -> bool:
    return bool(text) and text.isascii() and text.replace("=", "").replace("_", "").isalpha()
