"""What a failed call to Slack means: wait, try again, or give up.

Decides by status, header and error code alone. Refuses to look at, or to repeat, anything else
of a response or an exception: they carry people's words and tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from integrations.contracts.surface import DeliveryFailure

if TYPE_CHECKING:
    from integrations.surfaces.slack.speaking.limits import Limits

UNSAID_S: Final = 30.0
"""How long to wait when Slack says "too often" and not how long."""
LONGEST_S: Final = 3600.0

_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,79}")
_SCOPES: Final = re.compile(r"[a-z][a-z0-9:._,-]{0,199}")


class SlackRefusal(DeliveryFailure):
    """Slack does not do this, now or later. ``code`` is Slack's error code.

    ``unable``: not even elsewhere, because the app or the workspace lacks the ability.
    """

    def __init__(self, message: str, *, code: str, unable: bool = False) -> None:
        super().__init__(message, final=True)
        self.code = code
        self.unable = unable


class SlackSilence(DeliveryFailure):
    """Nobody knows whether Slack did it: look before it is done again."""


@dataclass(frozen=True, slots=True)
class Limited:
    """Too many calls: none before ``after_s`` seconds have passed."""

    after_s: float
    workspace_wide: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """The network or Slack failed. ``arrived`` is false when the call surely did not."""

    arrived: bool
    what: str


def judge(
    method: str, error: BaseException, limits: Limits
) -> Limited | Lost | SlackRefusal | None:
    """Return what an error of a call means; None if it is not Slack's or the network's."""
    if isinstance(error, SlackApiError):
        return _answered(method, error, limits)
    if isinstance(error, SlackClientError):
        return SlackRefusal(f"{method} cannot be sent as it is.", code="bad_request")
    if isinstance(error, aiohttp.ClientConnectorError):
        return Lost(arrived=False, what="Slack cannot be reached")
    if isinstance(error, TimeoutError):
        return Lost(arrived=True, what="Slack did not answer in time")
    if isinstance(error, aiohttp.ClientError | OSError):
        return Lost(arrived=True, what="the connection to Slack broke")
    return None


def _answered(method: str, error: SlackApiError, limits: Limits) -> Limited | Lost | SlackRefusal:
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    code = _field(response, "error", _CODE)
    wide = code in limits.limited_workspace
    if status == _TOO_MANY or wide or code in limits.limited:
        return Limited(_wait_s(response), wide)
    if status >= _SERVER_ERROR or code in limits.passing or not code:
        return Lost(arrived=True, what=f"Slack failed ({code or f'status {status}'})")
    sentence = limits.refusals.get(code, f"Slack refused {method}: {code}.")
    if code == "missing_scope":
        needed = _field(response, "needed", _SCOPES) or "another scope"
        sentence = f"{method} needs the scope {needed}: add it to the app and install it again."
    return SlackRefusal(sentence, code=code, unable=code in limits.unable)


def _field(response: object, name: str, form: re.Pattern[str]) -> str:
    """Return a field of Slack's answer if it looks as it should, else nothing."""
    data = getattr(response, "data", response)
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, str) and form.fullmatch(found) else ""


def _wait_s(response: object) -> float:
    headers = getattr(response, "headers", None) or {}
    for name, value in headers.items():
        if name.lower() == "retry-after":
            said = str(value[0] if isinstance(value, list) else value)
            if said.isascii() and said.isdigit():
                return min(max(float(said), 1.0), LONGEST_S)
    return UNSAID_S
