"""The manifest of Mynah's app in Slack, for each way of installing it.

Decides what Slack is told of the app: what it offers, what it asks for, and where Slack reaches
it. Refuses to know why anything is asked for; ``slack.teams.requirements`` does.

Slack takes a manifest as JSON or as YAML. JSON needs no more than the standard library; the YAML
of a manifest is texts, switches, lists and mappings, and writing those takes less than a
dependency would.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.teams.requirements import requirements

if TYPE_CHECKING:
    from collections.abc import Iterator

Manifest = dict[str, Any]

EVENTS_PATH: Final = "/slack/events"
REDIRECT_PATH: Final = "/slack/oauth_redirect"
HEAD: Final = (
    "# The Slack app, for “Create New App → From a manifest”. "
    "Every scope has its reason in docs/slack.md.\n"
)
"""What stands above the manifest where it is read by people."""

_USAGE: Final = (
    "ask | learnings | why | forget ID | export | off | on | habits | nudges | model | help"
)
_PLAIN: Final = re.compile(r"[A-Za-z/][\w./,| -]*(:[a-z]+)?", re.ASCII)
_WORDS: Final = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})


@dataclass(frozen=True, slots=True)
class Way:
    """A way of installing the app.

    Attributes:
        url: where our server is reached from outside, as in "https://mynah.example.com"; empty
            if it is not.
        socket: whether Slack reaches us by a socket that we open, rather than at ``url``.
        oauth: whether anybody may install us, in any workspace.
    """

    url: str = ""
    socket: bool = True
    oauth: bool = False

    def __post_init__(self) -> None:
        """Refuse what Slack would refuse, or send nowhere.

        Raises:
            ValueError: with the way to mend it.
        """
        if self.url:
            _check(self.url)
        elif not self.socket:
            raise ValueError("Slack has to be told where to send requests: add --url https://HOST")
        elif self.oauth:
            raise ValueError(
                "Slack sends people who install Mynah back to it: add --url https://HOST"
            )


def manifest(way: Way) -> Manifest:
    """Return the manifest for a way of installing."""
    needs, root = requirements(), way.url.rstrip("/")
    at = {} if way.socket else {"url": f"{root}{EVENTS_PATH}"}
    request = {} if way.socket else {"request_url": f"{root}{EVENTS_PATH}"}
    redirect = {"redirect_urls": [f"{root}{REDIRECT_PATH}"]} if way.oauth else {}
    return {
        "display_information": {
            "name": "Mynah",
            "description": "An assistant that learns from what you do with its answers",
            "background_color": "#1f3a5f",
        },
        "features": {
            "agent_view": {
                "agent_description": (
                    "Answers, asks what you meant, and learns from what you do with its answers"
                )
            },
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Mynah", "always_online": True},
            "slash_commands": [
                {
                    "command": ids.COMMAND,
                    **at,
                    "description": "Ask, see what was learned, forget",
                    "usage_hint": _USAGE,
                    "should_escape": True,
                }
            ],
            "shortcuts": [
                _shortcut("Rate", ids.RATE_THIS, "Give this answer one to five stars"),
                _shortcut("Teach Mynah this", ids.TEACH_THIS, "Remember what this message says"),
                _shortcut("Forget this", ids.FORGET_THIS, "Forget this answer, or my question"),
            ],
        },
        "oauth_config": {**redirect, "scopes": {"bot": list(needs.scopes)}},
        "settings": {
            "event_subscriptions": {**request, "bot_events": list(needs.events)},
            "interactivity": {"is_enabled": True, **request},
            "org_deploy_enabled": way.oauth,
            "socket_mode_enabled": way.socket,
            "token_rotation_enabled": way.oauth,
        },
    }


def as_yaml(data: Manifest) -> str:
    """Return a manifest as YAML."""
    return "\n".join(_mapping(data, "")) + "\n"


def _shortcut(name: str, callback_id: str, description: str) -> dict[str, str]:
    return {
        "name": name,
        "type": "message",
        "callback_id": callback_id,
        "description": description,
    }


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("--url must begin with https:// and a host: Slack sends nowhere else")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("--url must be https:// and a host, with a path at most")


def _mapping(data: Manifest, indent: str) -> Iterator[str]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _mapping(value, indent + "  ")
        elif isinstance(value, list):
            yield f"{indent}{name}:"
            yield from _list(value, indent + "  ")
        else:
            yield f"{indent}{name}: {_scalar(value)}"


def _list(items: list[Any], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, dict):
            first, *rest = _mapping(item, indent + "  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}- {_scalar(item)}"


def _scalar(value: str | bool) -> str:
    """Return a switch or a text; a text in quotes if it could be read as anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    plain = _PLAIN.fullmatch(value) and value == value.strip() and value.lower() not in _WORDS
    return value if plain else json.dumps(value, ensure_ascii=False)
