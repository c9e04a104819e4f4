"""How an app answers interactions in the stand-in for Discord: callbacks and follow-ups.

The first answer must come within three seconds of the stand-in's clock, the token lives for
fifteen minutes, and what is ephemeral is seen by one person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standins.discord_calls import Call, route
from tests.standins.discord_checks import check_modal, check_size
from tests.standins.discord_messages import remove, rewrite, write
from tests.standins.discord_showing import announce, shown
from tests.standins.discord_state import Refused, invalid
from tests.standins.discord_things import EPHEMERAL, LOADING, Json, Message

if TYPE_CHECKING:
    from tests.standins.discord_clicks import Clicked

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
REPLY, DEFER, DEFER_UPDATE, UPDATE, CHOICES, FORM = 4, 5, 6, 7, 8, 9
ANSWER_S, TOKEN_S = 3.0, 900.0
OUTSIDE_FOLLOWUPS = 5
_ALLOWED = {
    COMMAND: {REPLY, DEFER, FORM},
    COMPONENT: {REPLY, DEFER, DEFER_UPDATE, UPDATE, FORM},
    AUTOCOMPLETE: {CHOICES},
    MODAL: {REPLY, DEFER},
}
_HOOK = "/webhooks/{application_id}/{token}"
_MESSAGE = _HOOK + "/messages/{message_id}"


@route("POST", "/interactions/{interaction_id}/{token}/callback", token=False)
def callback(call: Call) -> Json | None:
    click = call.clicks.get(call.path["token"])
    if click is None or click.id != call.path["interaction_id"]:
        raise Refused(10062)
    if click.answer is not None:
        raise Refused(40060)
    if call.state.now - click.at >= ANSWER_S:
        raise Refused(10062)
    kind, data = call.json.get("type"), call.json.get("data") or {}
    allowed = _ALLOWED[click.type] | ({DEFER_UPDATE, UPDATE} if click.source else set())
    if kind not in allowed:
        raise invalid("type", "BASE_TYPE_CHOICES", f"Value must be one of {sorted(allowed)}.")
    _answered(call, click, kind, data)
    click.answer = kind
    if call.query.get("with_response") not in {"1", "true"}:
        return None
    told: Json = {"id": click.id, "type": click.type}
    resource: Json = {"type": kind}
    if kind in {REPLY, DEFER, UPDATE} and click.original is not None:
        told |= {
            "response_message_id": click.original.id,
            "response_message_loading": kind == DEFER,
            "response_message_ephemeral": bool(click.original.flags & EPHEMERAL),
        }
        resource["message"] = shown(call.state, click.original)
    return {"interaction": told, "resource": resource}


def _answered(call: Call, click: Clicked, kind: int, data: Json) -> None:
    if kind == REPLY:
        click.original = _write(call, click, data)
    elif kind == DEFER:
        hidden = _hidden(click, data)
        message = _empty(call, click, hidden | LOADING)
        click.channel.messages[message.id] = message
        click.original = message
        announce(call.state, message)
    elif kind == UPDATE and click.source is not None:
        click.original = click.source
        rewrite(call.state, click.source, data, call.files)
    elif kind == DEFER_UPDATE:
        click.original = click.source
    elif kind == CHOICES:
        click.choices = _checked_choices(data)
    elif kind == FORM:
        check_modal(data)
        click.modal = click.open_form(data)


def _checked_choices(data: Json) -> list[Json]:
    choices: list[Json] = data.get("choices") or []
    if len(choices) > 25:
        raise invalid("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, choice in enumerate(choices):
        check_size(f"data.choices.{index}.name", choice.get("name", ""), 100, 1)
        if isinstance(choice.get("value"), str):
            check_size(f"data.choices.{index}.value", choice["value"], 100, 1)
    return choices


def _hidden(click: Clicked, data: Json) -> int:
    return EPHEMERAL if click.hushed else int(data.get("flags") or 0) & EPHEMERAL


def _empty(call: Call, click: Clicked, flags: int) -> Message:
    kind = 20 if click.type == COMMAND else 0
    message = Message(
        call.state.new_id(),
        click.channel.id,
        click.channel.guild_id,
        call.bot,
        type=23 if click.menu else kind,
        flags=flags,
    )
    message.interaction = click.metadata()
    if flags & EPHEMERAL:
        message.ephemeral_to = click.user.id
    return message


def _write(call: Call, click: Clicked, data: Json) -> Message:
    hidden = _hidden(click, data)
    blank = _empty(call, click, hidden)
    return write(
        call.state,
        call.bot,
        click.channel,
        {key: value for key, value in data.items() if key != "message_reference"},
        call.files,
        kind=blank.type,
        interaction=blank.interaction,
        ephemeral_to=blank.ephemeral_to,
        flags=hidden,
    )


def _hooked(call: Call) -> Clicked:
    click = call.clicks.get(call.path["token"])
    if click is None or call.path["application_id"] != call.state.app.id:
        raise Refused(10015)
    if call.state.now - click.at >= TOKEN_S:
        raise Refused(50027)
    if click.answer is None or click.type == AUTOCOMPLETE:
        raise Refused(10015)
    return click


@route("POST", _HOOK, token=False)
def follow_up(call: Call) -> Json:
    """Write a further message; the first one after a deferral takes the deferral's place."""
    click = _hooked(call)
    waiting = click.original
    if waiting is not None and waiting.flags & LOADING:
        return shown(call.state, _filled(call, waiting))
    if click.outside and len(click.followups) >= OUTSIDE_FOLLOWUPS:
        raise Refused(40094)
    message = _write(call, click, call.json)
    click.followups.append(message)
    return shown(call.state, message)


def _filled(call: Call, message: Message) -> Message:
    """Put an answer where "thinking…" was."""
    edited = message.edited
    flags, message.flags = message.flags, message.flags & ~LOADING
    try:
        rewrite(call.state, message, call.json, call.files)
    except Refused:
        message.flags = flags
        raise
    message.edited = edited
    return message


def _target(call: Call) -> tuple[Clicked, Message]:
    click = _hooked(call)
    wanted = call.path.get("message_id", "@original")
    known = [click.original, *click.followups]
    for message in known:
        named = message is not None and wanted in {message.id, "@original"}
        if message is not None and named and message.id in click.channel.messages:
            return click, message
        if wanted == "@original":
            break
    raise Refused(10008)


@route("GET", _MESSAGE, token=False)
def read(call: Call) -> Json:
    return shown(call.state, _target(call)[1])


@route("PATCH", _MESSAGE, token=False)
def edit(call: Call) -> Json:
    message = _target(call)[1]
    if message.flags & LOADING:
        return shown(call.state, _filled(call, message))
    rewrite(call.state, message, call.json, call.files)
    return shown(call.state, message)


@route("DELETE", _MESSAGE, token=False)
def delete(call: Call) -> None:
    remove(call.state, [_target(call)[1]])
