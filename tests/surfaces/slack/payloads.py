"""Payloads as Slack sends them, for the tests that read them.

The shapes follow Slack's reference and what the SDK looks for in them; ids and words are
made up here.
"""

from __future__ import annotations

import json
from typing import Any

TEAM = "T0HOME001"
ORG = "E0ORG0001"
FOREIGN = "T0OTHER01"
APP = "A0MYNAH01"
US = "U0MYNAH01"
OUR_BOT = "B0MYNAH01"
ADA = "U0ADA0001"
BO = "U0BO00001"
CHANNEL = "C0GENERAL"
DM = "D0ADA0001"
GROUP = "G0PARTY01"
TS = "1763750000.000100"
ROOT = "1763749000.000900"
LATER = "1763750100.000200"
INTERACTION = "01981d2e-7a10-7c3a-9f00-5a1b2c3d4e5f"

Json = dict[str, Any]


def event(inner: Json, *, event_id: str = "Ev0000001", **outer: Any) -> Json:
    """Return the envelope of an event in a workspace that the app is installed in."""
    return {
        "token": "not-used-any-more",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": inner,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": 1763750000,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": US,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": "4-eyJldCI6Im1lc3NhZ2UifQ",
        **outer,
    }


def org_wide(body: Json) -> Json:
    """Return an event as it comes where the app is installed for the organisation."""
    granted = {
        "enterprise_id": ORG,
        "team_id": None,
        "user_id": US,
        "is_bot": True,
        "is_enterprise_install": True,
    }
    return body | {"enterprise_id": ORG, "authorizations": [granted]}


def said(text: str, *, channel: str = CHANNEL, kind: str = "channel", **more: Any) -> Json:
    """Return what a person wrote, as the inner event."""
    return {
        "user": ADA,
        "type": "message",
        "ts": TS,
        "client_msg_id": "5b1c3a52-0000-4000-8000-7f4f3a3b9d11",
        "text": text,
        "team": TEAM,
        "blocks": [{"type": "rich_text", "block_id": "b1", "elements": []}],
        "channel": channel,
        "event_ts": TS,
        "channel_type": kind,
        **more,
    }


def mention(text: str, **more: Any) -> Json:
    """Return the event that tells of a mention; it has no ``channel_type``."""
    inner = said(text, **more) | {"type": "app_mention"}
    del inner["channel_type"]
    return inner


def changed(before: str, after: str, **now: Any) -> Json:
    """Return what Slack sends after an edit."""
    message = said(after, edited={"user": ADA, "ts": "1763750100.000000"}, **now)
    for key in ("channel", "event_ts", "channel_type"):
        del message[key]
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": message,
        "previous_message": message | {"text": before},
        "channel": CHANNEL,
        "hidden": True,
        "ts": LATER,
        "event_ts": LATER,
        "channel_type": "channel",
    }


def deleted(**previous: Any) -> Json:
    """Return what Slack sends after a message was deleted."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": {
            "user": ADA,
            "type": "message",
            "ts": TS,
            "text": "never mind",
            "team": TEAM,
            **previous,
        },
        "channel": CHANNEL,
        "hidden": True,
        "deleted_ts": TS,
        "event_ts": LATER,
        "ts": LATER,
        "channel_type": "channel",
    }


def file(**more: Any) -> Json:
    """Return one of a message's files."""
    return {
        "id": "F0NOTES01",
        "created": 1763749990,
        "name": "notes.pdf",
        "title": "Notes",
        "mimetype": "application/pdf",
        "filetype": "pdf",
        "user": ADA,
        "mode": "hosted",
        "is_external": False,
        "size": 48213,
        "url_private": "https://files.slack.com/files-pri/T0HOME001-F0NOTES01/notes.pdf",
        "url_private_download": "https://files.slack.com/files-pri/T0HOME001-F0NOTES01/download/notes.pdf",
        "file_access": "visible",
        **more,
    }


def reaction(kind: str = "reaction_added", **more: Any) -> Json:
    """Return a reaction to one of our messages."""
    return {
        "type": kind,
        "user": ADA,
        "reaction": "thumbsup",
        "item": {"type": "message", "channel": CHANNEL, "ts": TS},
        "item_user": US,
        "event_ts": LATER,
        **more,
    }


def assistant(kind: str = "assistant_thread_started") -> Json:
    """Return what the older assistant's pane sends."""
    return {
        "type": kind,
        "assistant_thread": {
            "user_id": ADA,
            "context": {"channel_id": CHANNEL, "team_id": TEAM, "enterprise_id": None},
            "channel_id": DM,
            "thread_ts": ROOT,
        },
        "event_ts": LATER,
    }


def pressed(action: Json, *, channel: str = CHANNEL, **more: Any) -> Json:
    """Return the press of a button under one of our answers."""
    return {
        "type": "block_actions",
        "user": {"id": ADA, "username": "ada", "name": "ada", "team_id": TEAM},
        "api_app_id": APP,
        "token": "not-used-any-more",
        "container": {
            "type": "message",
            "message_ts": TS,
            "channel_id": channel,
            "is_ephemeral": False,
            "thread_ts": ROOT,
        },
        "trigger_id": "9000000000001.123456789.0a1b2c3d4e5f",
        "team": {"id": TEAM, "domain": "home"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel, "name": "directmessage" if channel[0] == "D" else "general"},
        "message": {
            "user": US,
            "type": "message",
            "ts": TS,
            "bot_id": OUR_BOT,
            "app_id": APP,
            "text": "A monad is …",
            "team": TEAM,
            "thread_ts": ROOT,
            "parent_user_id": ADA,
            "blocks": [],
        },
        "state": {"values": {}},
        "response_url": "https://hooks.slack.com/actions/T0HOME001/1/abc",
        "actions": [{"block_id": "b1", "action_ts": "1763750200.123456", **action}],
        **more,
    }


def button(action_id: str, value: str) -> Json:
    """Return the part of a press that says which button it was."""
    text = {"type": "plain_text", "text": "…", "emoji": True}
    return {"type": "button", "action_id": action_id, "text": text, "value": value}


def submitted(callback_id: str, values: Json, metadata: str) -> Json:
    """Return the submission of a dialog."""
    return {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "home"},
        "user": {"id": ADA, "username": "ada", "name": "ada", "team_id": TEAM},
        "api_app_id": APP,
        "token": "not-used-any-more",
        "trigger_id": "9000000000002.123456789.aa1b2c3d4e5f",
        "view": {
            "id": "V0DIALOG1",
            "team_id": TEAM,
            "type": "modal",
            "blocks": [],
            "private_metadata": metadata,
            "callback_id": callback_id,
            "state": {"values": values},
            "hash": "1763750250.abcdef",
            "title": {"type": "plain_text", "text": "…"},
            "root_view_id": "V0DIALOG1",
            "app_id": APP,
            "app_installed_team_id": TEAM,
            "bot_id": OUR_BOT,
        },
        "response_urls": [],
        "is_enterprise_install": False,
        "enterprise": None,
    }


def shortcut(callback_id: str, message: Json) -> Json:
    """Return a shortcut from a message's menu."""
    return {
        "type": "message_action",
        "token": "not-used-any-more",
        "action_ts": "1763750300.654321",
        "team": {"id": TEAM, "domain": "home"},
        "user": {"id": ADA, "username": "ada", "team_id": TEAM, "name": "ada"},
        "channel": {"id": CHANNEL, "name": "general"},
        "is_enterprise_install": False,
        "enterprise": None,
        "callback_id": callback_id,
        "trigger_id": "9000000000003.123456789.ba1b2c3d4e5f",
        "response_url": "https://hooks.slack.com/app/T0HOME001/2/def",
        "message_ts": message["ts"],
        "message": message,
    }


def command(text: str, *, channel: str = CHANNEL) -> Json:
    """Return a slash command, as the form that it is sent as."""
    return {
        "token": "not-used-any-more",
        "team_id": TEAM,
        "team_domain": "home",
        "channel_id": channel,
        "channel_name": "directmessage" if channel[0] == "D" else "general",
        "user_id": ADA,
        "user_name": "ada",
        "command": "/mynah",
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.com/commands/T0HOME001/3/ghi",
        "trigger_id": "9000000000004.123456789.ca1b2c3d4e5f",
    }


def metadata_of(ref: str = f"{CHANNEL}:{TS}") -> str:
    """Return what a dialog about the answer at ``ref`` keeps."""
    return json.dumps({"interaction": INTERACTION, "channel": CHANNEL, "thread": ROOT, "ref": ref})
