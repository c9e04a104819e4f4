"""One payload or more of each type of event that concerns us."""

from __future__ import annotations

from tests.surfaces.slack.payloads import (
    ADA,
    BO,
    CHANNEL,
    DM,
    FOREIGN,
    GROUP,
    LATER,
    ROOT,
    TEAM,
    TS,
    US,
    Json,
    assistant,
    changed,
    deleted,
    event,
    file,
    mention,
    reaction,
    said,
)

SAMPLES: tuple[Json, ...] = (
    event(mention(f"<@{US}> what is a monad?")),
    event(said("what is a monad?", channel=DM, kind="im")),
    event(said("and in Python?", thread_ts=ROOT, parent_user_id=BO)),
    event(said("", subtype="file_share", channel=DM, kind="im", files=[file()])),
    event(changed("what is a monda?", f"<@{US}> what is a monad?")),
    event(deleted()),
    event(reaction()),
    event(reaction("reaction_removed")),
    event(
        {
            "type": "member_joined_channel",
            "user": ADA,
            "channel": CHANNEL,
            "channel_type": "C",
            "team": TEAM,
            "inviter": BO,
            "event_ts": LATER,
        }
    ),
    event(
        {
            "type": "member_left_channel",
            "user": US,
            "channel": GROUP,
            "channel_type": "G",
            "team": TEAM,
            "event_ts": LATER,
        }
    ),
    event({"type": "channel_left", "channel": CHANNEL, "actor_id": ADA, "event_ts": LATER}),
    event({"type": "group_left", "channel": GROUP, "actor_id": ADA, "event_ts": LATER}),
    event({"type": "channel_archive", "channel": CHANNEL, "user": ADA, "event_ts": LATER}),
    event({"type": "channel_unarchive", "channel": CHANNEL, "user": ADA, "event_ts": LATER}),
    event({"type": "channel_deleted", "channel": CHANNEL, "actor_id": ADA, "event_ts": LATER}),
    event(
        {
            "type": "channel_rename",
            "channel": {"id": CHANNEL, "name": "maths", "created": 1763740000},
            "event_ts": LATER,
        }
    ),
    event(
        {
            "type": "channel_shared",
            "connected_team_id": FOREIGN,
            "channel": CHANNEL,
            "event_ts": LATER,
        }
    ),
    event(
        {
            "type": "channel_unshared",
            "previously_connected_team_id": FOREIGN,
            "channel": CHANNEL,
            "is_ext_shared": False,
            "event_ts": LATER,
        }
    ),
    event(
        {
            "type": "channel_id_changed",
            "old_channel_id": GROUP,
            "new_channel_id": CHANNEL,
            "event_ts": LATER,
        }
    ),
    event({"type": "group_archive", "channel": GROUP, "event_ts": LATER}),
    event({"type": "group_unarchive", "channel": GROUP, "event_ts": LATER}),
    event({"type": "group_deleted", "channel": GROUP, "event_ts": LATER}),
    event({"type": "group_rename", "channel": {"id": GROUP, "name": "party"}, "event_ts": LATER}),
    event(said("made this channel *private*.", subtype="channel_convert_to_private")),
    event(
        {
            "type": "user_change",
            "user": {"id": ADA, "team_id": TEAM, "is_restricted": True, "deleted": False},
            "cache_ts": 1763740000,
            "event_ts": LATER,
        }
    ),
    event({"type": "app_uninstalled"}, authorizations=None),
    event({"type": "tokens_revoked", "tokens": {"oauth": [ADA], "bot": [US]}}),
    event(
        {
            "type": "app_home_opened",
            "user": ADA,
            "channel": DM,
            "tab": "home",
            "view": {"id": "V1", "team_id": TEAM, "type": "home", "app_installed_team_id": TEAM},
            "event_ts": LATER,
        }
    ),
    event(assistant()),
    event(assistant("assistant_thread_context_changed")),
    event(
        {
            "type": "app_context_changed",
            "user": ADA,
            "channel": DM,
            "context": {
                "entities": [
                    {"type": "slack#/types/canvas_id", "value": "F0CANVAS1", "team_id": TEAM},
                    {"type": "slack#/types/channel_id", "value": CHANNEL, "team_id": TEAM},
                ]
            },
            "event_ts": LATER,
        }
    ),
    event(
        {
            "type": "agent_session_stopped",
            "channel": DM,
            "user": ADA,
            "thread_ts": ROOT,
            "streaming_message_ts": [TS],
            "event_ts": LATER,
        }
    ),
    event(
        {
            "type": "agent_session_title_changed",
            "channel": DM,
            "user": ADA,
            "team_id": TEAM,
            "thread_ts": ROOT,
            "title": "Monads",
            "previous_title": "what is a monad?",
            "event_ts": LATER,
        }
    ),
)
