"""Modals, Home tabs, assistant threads and agent sessions in the stand-in's Web API."""

from __future__ import annotations

from tests.standins.slack_blocks import checked_view
from tests.standins.slack_calls import Call, method
from tests.standins.slack_chat import SESSION_STATUSES
from tests.standins.slack_state import Json, Refused, State

MOST_PROMPTS = 4
MOST_LOADING_MESSAGES = 10
LONGEST_TITLE = 200


def _triggered(call: Call) -> str:
    """The person whose click this opens something for. A trigger serves once, for 3 s."""
    trigger = call.state.triggers.get(call.need("trigger_id"))
    if trigger is None or trigger.app_id != call.by.app.id:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if call.state.now > trigger.until:
        raise Refused("expired_trigger_id")
    trigger.used = True
    return trigger.user


def kept_view(call: Call, view: Json, user: str, old: Json | None = None) -> Json:
    """Store a view under an id, with what Slack adds to it."""
    kept = {
        "callback_id": "",
        "private_metadata": "",
        "state": {"values": {}},
        **view,
        "id": old["id"] if old else call.state.new_id("V"),
        "hash": call.state.next_ts(),
        "team_id": call.by.team_id,
        "app_id": call.by.app.id,
        "bot_id": call.me.bot_id,
        "app_installed_team_id": call.by.team_id,
        "for_user": user,
    }
    kept["root_view_id"] = old["root_view_id"] if old else kept["id"]
    kept["previous_view_id"] = old["previous_view_id"] if old else None
    call.state.views[kept["id"]] = kept
    return kept


def shown_view(view: Json) -> Json:
    return {key: value for key, value in view.items() if key != "for_user"}


def _view(call: Call, kind: str) -> Json:
    view = checked_view(call.data("view"), call.state.new_id)
    if view["type"] != kind:
        raise Refused("invalid_arguments", f"[ERROR] a {kind} view is wanted")
    return view


@method("views.open")
def views_open(call: Call) -> Json:
    view = _view(call, "modal")
    return {"view": shown_view(kept_view(call, view, _triggered(call)))}


@method("views.push")
def views_push(call: Call) -> Json:
    view = _view(call, "modal")
    return {"view": shown_view(kept_view(call, view, _triggered(call)))}


@method("views.publish")
def views_publish(call: Call) -> Json:
    view, user = _view(call, "home"), call.need("user_id")
    if call.state.users.get(user) is None:
        raise Refused("user_not_found")
    old = home_of(call.state, user, call.by.app.id)
    _unchanged(call, old)
    return {"view": shown_view(kept_view(call, view, user, old))}


def home_of(state: State, user: str, app_id: str) -> Json | None:
    return next(
        (
            view
            for view in state.views.values()
            if (view["type"], view["for_user"], view["app_id"]) == ("home", user, app_id)
        ),
        None,
    )


def _unchanged(call: Call, old: Json | None) -> None:
    if call.text("hash") and (old is None or old["hash"] != call.text("hash")):
        raise Refused("hash_conflict")


@method("views.update")
def views_update(call: Call) -> Json:
    old = call.state.views.get(call.text("view_id"))
    if external := call.text("external_id"):
        views = call.state.views.values()
        old = next((view for view in views if view.get("external_id") == external), None)
    if old is None or old["app_id"] != call.by.app.id:
        raise Refused("not_found")
    view = _view(call, str(old["type"]))
    _unchanged(call, old)
    return {"view": shown_view(kept_view(call, view, old["for_user"], old))}


# Assistant threads and agent sessions.


def _assisted(call: Call) -> Json:
    channel, root = call.joined("channel_id"), call.text("thread_ts")
    if root not in channel.messages:
        raise Refused("thread_not_found")
    return call.state.threads.setdefault((channel.id, root), {})


@method("assistant.threads.setStatus", "assistant:write", "chat:write")
def set_status(call: Call) -> Json:
    thread, loading = _assisted(call), call.data("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > MOST_LOADING_MESSAGES:
        raise Refused("invalid_arguments", "[ERROR] at most 10 loading_messages")
    thread |= {"status": call.text("status"), "loading_messages": loading}
    return {}


@method("assistant.threads.setTitle", "assistant:write")
def set_title(call: Call) -> Json:
    _assisted(call)["title"] = call.need("title")
    return {}


@method("assistant.threads.setSuggestedPrompts", "assistant:write")
def set_prompts(call: Call) -> Json:
    prompts = call.data("prompts")
    fields = {"title", "message"}
    if not isinstance(prompts, list) or not all(
        isinstance(one, dict) and set(one) == fields and all(one.values()) for one in prompts
    ):
        raise Refused("invalid_arguments", "[ERROR] a prompt has a title and a message")
    if not 1 <= len(prompts) <= MOST_PROMPTS:
        raise Refused("invalid_arguments", "[ERROR] between 1 and 4 prompts")
    channel, root = call.joined("channel_id"), call.text("thread_ts")
    if root and root not in channel.messages:
        raise Refused("thread_not_found")
    call.state.threads.setdefault((channel.id, root), {})["prompts"] = prompts
    return {}


@method("agents.sessions.setStatus", "chat:write")
def session_status(call: Call) -> Json:
    thread, status, title = _assisted(call), call.text("status"), call.text("title")
    if status not in SESSION_STATUSES or len(title) > LONGEST_TITLE:
        raise Refused("invalid_arguments", "[ERROR] status or title")
    starter = call.text("initiator_user_id")
    if starter and starter not in call.joined("channel_id").members:
        raise Refused("user_not_in_channel")
    thread["session"] = status
    thread.setdefault("title", title)
    body: Json = {"status": status, "agent_status": status, "title": thread["title"]}
    if not call.by.app.wants("agent_session_stopped"):
        body["warning"] = "missing_agent_session_stopped_event_subscription"
    return body


@method("agents.sessions.rename", "chat:write")
def session_rename(call: Call) -> Json:
    thread, title = _assisted(call), call.need("title")
    if "session" not in thread:
        raise Refused("session_not_found")
    if len(title) > LONGEST_TITLE:
        raise Refused("invalid_arguments", "[ERROR] title")
    thread["title"] = title
    return {"title": title}
