"""What people press, submit and type as a command in Slack, and what each asks of us.

Decides which presses concern us and what they ask for. Refuses to know what is done about
them: nothing here looks anything up. What cannot be read is ``Ignored`` with a reason for
the log, never an exception. Shapes: https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.reading.intents import (
    Asked,
    Chose,
    Commanded,
    Corrected,
    Intent,
    Press,
    Rated,
    Reasoned,
    Rewrote,
    Starred,
    TurnedPage,
    WantsAnother,
    WantsCorrection,
    WantsForget,
    WantsRating,
    WantsReason,
    WantsRewriting,
    WantsTeaching,
    WantsWhy,
    WantsWording,
    Worded,
)
from integrations.surfaces.slack.reading.payload import (
    DIRECT,
    Bot,
    Ignored,
    Origin,
    Payload,
    Unreadable,
    identity,
    installation,
    is_direct,
    is_external,
    moment,
    needed,
    objects,
    part,
    press_id,
    stamp,
    string,
)
from integrations.surfaces.slack.reading.text import as_markdown
from learning.roles import ROLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_READING: Final = re.compile(r"[A-Za-z0-9]{1,8}")
_REF: Final = re.compile(r"[A-Za-z0-9_-]{1,64}:[0-9]{1,10}\.[0-9]{1,6}")
_STARS: Final = frozenset("12345")
_UUID_LENGTH: Final = 36
_ITEM: Final = re.compile(r"[0-9a-f-]{4,36}")
_PAGE: Final = re.compile(r"[0-9]{1,4}")
_FAMILIES: Final = (ids.CHOOSE, ids.ANOTHER, ids.ASK, ids.RUN, ids.PAGE)
"""Action ids that go on after an underscore, because a block needs each of them once."""


def intent(body: object, bot: Bot, now: datetime) -> Intent:
    """Return what somebody asks for by a button, menu, dialog, shortcut or command.

    Args:
        body: the payload, as slack-bolt hands it over.
        bot: who we are in that workspace.
        now: when it arrived; for dialogs and commands, of which Slack does not say when.
    """
    payload = part({"body": body}, "body")
    kind = string(payload, "type")
    try:
        if kind == "block_actions":
            return _pressed(payload, now)
        if kind == "view_submission":
            return _submitted(payload, now)
        if kind == "message_action":
            return _shortcut(payload, bot, now)
        if not kind and string(payload, "command"):
            return _command(payload, bot, now)
    except Unreadable as error:
        return Ignored(f"a payload of the type {kind or 'command'!r} cannot be read: {error}")
    return Ignored(f"payloads of the type {kind[:40]!r} do not concern us")


def _pressed(body: Payload, now: datetime) -> Intent:
    action = next(iter(objects(body, "actions")), {})
    action_id = string(action, "action_id")
    name = next((x for x in _FAMILIES if action_id.startswith(f"{x}_")), action_id)
    if (read := _BUTTONS.get(name)) is None:
        return Ignored(f"there is no button {action_id[:40]!r}")
    message = part(body, "message")
    container = part(body, "container")
    channel = identity(body, "channel") or identity(container, "channel_id")
    ts = stamp(container, "message_ts") or stamp(message, "ts")
    thread = stamp(message, "thread_ts") or stamp(container, "thread_ts")
    at = moment(string(action, "action_ts")) or now
    value = string(action, "value") or string(action, "selected_option", "value")
    return read(_press(body, channel, ts, thread, at), value)


def _rated(by: Press, value: str) -> Rated | Ignored:
    interaction, verdict = _about(value)
    if verdict not in {ids.GOOD, ids.BAD}:
        return Ignored(f"{verdict[:20]!r} is no verdict")
    return Rated(by, interaction, verdict == ids.GOOD)


def _chose(by: Press, value: str) -> Chose | Ignored:
    interaction, reading = _about(value)
    if not _READING.fullmatch(reading):
        return Ignored(f"{reading[:20]!r} is no reading")
    return Chose(by, interaction, reading)


def _another(by: Press, value: str) -> WantsAnother | Ignored:
    interaction, wanted = _about(value)
    role = next((name for name in ROLE_NAMES if name == wanted), None)
    if wanted and role is None:
        return Ignored(f"{wanted[:20]!r} is no role")
    return WantsAnother(by, interaction, role)


def _run(by: Press, value: str) -> Commanded | Ignored:
    line = " ".join(value.split())
    return Commanded(by, line) if line else Ignored("the button carries no command")


def _asking(by: Press, value: str) -> WantsWording | Ignored:
    button = ids.asked(value)
    return WantsWording(by, button) if button else Ignored("the button asks for nothing")


def _item(by: Press, value: str) -> Commanded | WantsRewriting | Ignored:
    """Return what was picked beside one thing that is known: "correct ID" or "forget ID"."""
    does, _, item = value.partition(" ")
    if does not in {"correct", "forget"} or not _ITEM.fullmatch(item):
        return Ignored("the menu says nothing that can be done")
    return WantsRewriting(by, item) if does == "correct" else Commanded(by, value)


def _page(by: Press, value: str) -> TurnedPage | Ignored:
    return TurnedPage(by, int(value)) if _PAGE.fullmatch(value) else Ignored("no such page")


_BUTTONS: Final[Mapping[str, Callable[[Press, str], Intent]]] = {
    ids.FEEDBACK: _rated,
    ids.CHOOSE: _chose,
    ids.CORRECT: lambda by, value: WantsCorrection(by, _about(value)[0]),
    ids.WHY: lambda by, value: WantsWhy(by, _about(value)[0]),
    ids.FORGET: lambda by, value: WantsForget(by, _about(value)[0]),
    ids.SAY_WHY: lambda by, value: WantsReason(by, _about(value)[0]),
    ids.REGENERATE: lambda by, value: WantsAnother(by, _about(value)[0], None),
    ids.ANOTHER: _another,
    ids.ASK: _asking,
    ids.RUN: _run,
    ids.ITEM: _item,
    ids.PAGE: _page,
}


def _submitted(body: Payload, now: datetime) -> Intent:
    callback = string(body, "view", "callback_id")
    if callback == ids.REWRITTEN:
        return _rewritten(body, now)
    if callback not in {ids.CORRECTED, ids.REASON, ids.STARRED, ids.WORDED}:
        return Ignored(f"there is no dialog {callback[:40]!r}")
    kept = _kept(string(body, "view", "private_metadata"))
    ref = string(kept, "ref")
    by = _press(body, identity(kept, "channel"), "", stamp(kept, "thread"), now)
    origin = by.origin
    if view := identity(body, "view", "id"):  # one that is sent twice says it once
        origin = replace(origin, event_id=f"{origin.workspace_id}:view:{view}")
    by = Press(origin, ref if _REF.fullmatch(ref) else "", by.trigger_id, by.response_url)
    if callback == ids.WORDED:
        line = " ".join(string(kept, "line").split())
        block_id, text = _written(body)
        return Worded(by, line, text, block_id) if line else Ignored("the dialog says nothing")
    return _judged(callback, body, by, _about(string(kept, "interaction"))[0])


def _judged(callback: str, body: Payload, by: Press, interaction: UUID) -> Intent:
    """Return what somebody thinks of an answer, as they said it in a dialog."""
    block_id, text = _written(body)
    if callback == ids.CORRECTED:
        return Corrected(by, interaction, text, block_id)
    if callback == ids.STARRED:
        stars = next(iter(_picked(body, ids.STARS)), "")
        if stars not in _STARS:
            return Ignored("the dialog names no stars")
        return Starred(by, interaction, int(stars))
    right = _written(body, ids.RIGHT)[1]
    return Reasoned(by, interaction, text.strip(), _picked(body, ids.REASONS), right.strip())


def _rewritten(body: Payload, now: datetime) -> Rewrote | Ignored:
    item = string(body, "view", "private_metadata")
    if not _ITEM.fullmatch(item):
        return Ignored("the dialog does not say what is put right")
    return Rewrote(_press(body, "", "", "", now), item, *reversed(_written(body)))


def _shortcut(body: Payload, bot: Bot, now: datetime) -> Intent:
    callback = string(body, "callback_id")
    if callback not in {ids.RATE_THIS, ids.TEACH_THIS, ids.FORGET_THIS}:
        return Ignored(f"there is no shortcut {callback[:40]!r}")
    message = part(body, "message")
    channel = needed(identity(body, "channel"), "channel")
    ts = needed(stamp(body, "message_ts") or stamp(message, "ts"), "time stamp of the message")
    at = moment(string(body, "action_ts")) or now
    by = _press(body, channel, ts, stamp(message, "thread_ts"), at)
    ours = bot.wrote(message)
    if callback == ids.RATE_THIS:
        return WantsRating(by, ours)
    if callback == ids.FORGET_THIS:
        return WantsForget(by, None)
    author = "" if string(message, "bot_id") else identity(message, "user")
    return WantsTeaching(by, as_markdown(string(message, "text"), bot), author, ours)


def _command(body: Payload, bot: Bot, now: datetime) -> Commanded | Asked:
    channel = needed(identity(body, "channel_id"), "channel")
    by = _press(body, channel, "", "", now)
    line = as_markdown(string(body, "text"), bot)
    name, *rest = line.split(maxsplit=1)[:2] or ["help"]
    said = rest[0] if rest else ""
    if name.lower() == "ask":
        return Asked(by, said)
    return Commanded(by, f"{name.lower()} {said}".strip())


def _press(body: Payload, channel: str, ts: str, thread: str, at: datetime) -> Press:
    """Return who pressed something.

    Args:
        body: the whole payload.
        channel: where; empty on our own tab.
        ts: of the message it was pressed on; empty if on none.
        thread: the thread's id, if it is known.
        at: when.

    Raises:
        Unreadable: if there is no person, team or trigger.
    """
    installed = installation(body)
    private = not channel or is_direct(channel)
    home = identity(body, "user", "team_id")
    url = string(body, "response_url") or next(
        (string(x, "response_url") for x in objects(body, "response_urls")), ""
    )
    origin = Origin(
        event_id=press_id(body),
        workspace_id=needed(installed.workspace_id, "team"),
        user_id=needed(identity(body, "user") or identity(body, "user_id"), "user"),
        channel_id=channel,
        thread_id=thread or (DIRECT if private else ts),
        private=private,
        occurred_at=at,
        home_id=home or installed.team_id,
        external=is_external(installed, home),
    )
    ref = f"{channel}:{ts}" if channel and ts else ""
    return Press(origin, ref, string(body, "trigger_id"), url)


def _about(value: str) -> tuple[UUID, str]:
    """Return the interaction that a value names, and what else it says: "ID:h1", "good:ID".

    Raises:
        Unreadable: if it names none.
    """
    pieces = value.split(":", 1)
    for at, piece in enumerate(pieces):
        if len(piece) == _UUID_LENGTH:
            try:
                return UUID(piece), "".join(pieces[:at] + pieces[at + 1 :])
            except ValueError:
                continue
    raise Unreadable("its value names no answer")


def _kept(text: str) -> Payload:
    """Return what ``metadata`` kept; nothing if the text is not its."""
    try:
        return part({"kept": json.loads(text)}, "kept")
    except (ValueError, RecursionError):
        return {}


def _fields(body: Payload, action_id: str) -> list[tuple[str, Payload]]:
    """Return the fields of a dialog that go by an ``action_id``, with their blocks' ids."""
    values = part(body, "view", "state", "values")
    found = ((str(block), part(values, block, action_id)) for block in values)
    return [(block, fields) for block, fields in found if fields]


def _written(body: Payload, action_id: str = ids.TEXT) -> tuple[str, str]:
    """Return the block and the text of what was written in a dialog."""
    fields = _fields(body, action_id)
    return (fields[0][0], string(fields[0][1], "value")) if fields else ("", "")


def _picked(body: Payload, action_id: str) -> tuple[str, ...]:
    """Return what was picked in a dialog, from boxes, radio buttons or a menu."""
    options = [
        option
        for _, picked in _fields(body, action_id)
        for option in (*objects(picked, "selected_options"), part(picked, "selected_option"))
    ]
    return tuple(value for option in options if (value := string(option, "value")))
