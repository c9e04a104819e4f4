"""Buttons, forms, commands and shortcuts in the stand-in for Slack.

Interactions are sent once, never again. What an app answers is shown at once where Slack
shows it: the text of a command, the next step of a modal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standins.slack_blocks import checked_view
from tests.standins.slack_calls import Call
from tests.standins.slack_state import (
    App,
    Channel,
    Installation,
    Json,
    Message,
    ResponseUrl,
    State,
    User,
    without_empty,
)
from tests.standins.slack_views import home_of, kept_view, shown_view

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.standins.slack_delivery import Answer
    from tests.standins.slack_server import SlackServer

_CHOICES = frozenset({"static_select", "radio_buttons", "overflow"})
_SEVERAL = frozenset({"checkboxes", "multi_static_select"})


class Clicks:
    """What people of one workspace do with an app's controls."""

    def __init__(self, server: SlackServer, team_id: str) -> None:
        self.server = server
        self.id = team_id

    @property
    def state(self) -> State:
        return self.server.state

    def installed(self, app: App | None = None) -> Installation:
        """The installation of an app here.

        Raises:
            ValueError: if there is none: then people see nothing of the app.
        """
        found = self.state.installation((app or self.server.app).id, self.id)
        if found is None:
            raise ValueError("the app is not installed here")
        return found

    # Buttons.

    async def click(
        self, user: User, message: Message, action_id: str, value: str | None = None
    ) -> Answer:
        """Use a control of a message.

        ``value`` says which: the value of an option, of one of several buttons with the same
        id, or of a feedback button (``positive`` and ``negative`` name these too).
        """
        channel = self.state.channel(message.channel)
        if user.id not in channel.members or message.ephemeral_to not in {"", user.id}:
            raise ValueError(f"{user.name} does not see {message.ref}")
        app = self.state.apps[message.app_id]
        found = self.state.installation(app.id, message.team)
        if found is None or message.ts not in channel.messages:
            raise ValueError(f"nothing happens: {message.ref} or its app is gone")
        container = without_empty(
            {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": bool(message.ephemeral_to),
                "thread_ts": message.thread_ts,
            },
            keep=("is_ephemeral",),
        )
        body = self._interaction("block_actions", user, found) | {
            "container": container,
            "channel": {"id": channel.id, "name": channel_name(channel)},
            "message": message.wire(),
            "state": {"values": {}},
            "response_url": self.state.response_url(found.bot.id, channel.id, user.id, message),
            "actions": [self._action(message.blocks, action_id, value)],
        }
        if message.ephemeral_to:
            del body["message"]
        return await self._interact(found, body)

    async def click_view(
        self, user: User, view: Json, action_id: str, value: str | None = None
    ) -> Answer:
        """Use a control of a modal or of the Home tab."""
        found = self._of_view(user, view)
        view = self.state.views[view["id"]]
        body = self._interaction("block_actions", user, found) | {
            "container": {"type": "view", "view_id": view["id"]},
            "view": shown_view(view),
            "actions": [self._action(view["blocks"], action_id, value)],
        }
        return await self._interact(found, body)

    def _action(self, blocks: list[Json], action_id: str, value: str | None) -> Json:
        same = [
            (block, one) for block, one in _controls(blocks) if one.get("action_id") == action_id
        ]
        for block, element in same:
            base = {"action_id": action_id, "block_id": block["block_id"]}
            base |= {"type": element["type"], "action_ts": self.state.next_ts()}
            chosen = _chosen(element, value)
            if chosen is not None:
                return base | chosen
        known = sorted({one.get("action_id", "") for _, one in _controls(blocks)})
        raise ValueError(f"no control {action_id!r} with the value {value!r}; there are {known}")

    # Forms.

    def modal(self, user: User, app: App | None = None) -> Json | None:
        """The modal that somebody sees, the top of the stack."""
        views = self.state.views.values()
        app_id = (app or self.server.app).id
        mine = [
            view
            for view in views
            if (view["type"], view["for_user"], view["app_id"]) == ("modal", user.id, app_id)
        ]
        return mine[-1] if mine else None

    def home(self, user: User, app: App | None = None) -> Json | None:
        return home_of(self.state, user.id, (app or self.server.app).id)

    async def submit(self, user: User, view: Json, values: Mapping[str, Any]) -> Answer:
        """Fill in a modal, by action id, and send it.

        Raises:
            ValueError: for what the client would not send: a required field left empty, a
                text too short or too long, an unknown field or option.
        """
        found = self._of_view(user, view)
        kept = self.state.views[view["id"]]
        kept["state"] = {"values": _filled(kept["blocks"], values)}
        body = self._interaction("view_submission", user, found)
        answer = await self._interact(found, body | {"view": shown_view(kept), "response_urls": []})
        if not answer.failure:
            self._next_view(user, found, kept, answer.reply)
        return answer

    def _next_view(self, user: User, found: Installation, view: Json, reply: Any) -> None:
        action = reply.get("response_action") if isinstance(reply, dict) else None
        call = Call("views.update", {}, self.state, self.state.tokens[found.token])
        if action == "errors":
            known = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
            if not reply.get("errors") or set(reply["errors"]) - known:
                raise ValueError(f"errors for fields that are not there: {reply.get('errors')}")
        elif action in {"update", "push"}:
            new = checked_view(reply["view"], self.state.new_id)
            kept_view(call, new, user.id, view if action == "update" else None)
        elif action == "clear":
            for name in [v["id"] for v in self.state.views.values() if v["for_user"] == user.id]:
                if self.state.views[name]["type"] == "modal":
                    del self.state.views[name]
        elif action is None and not reply:
            del self.state.views[view["id"]]
        else:
            raise ValueError(f"no such answer to a form: {reply}")

    async def close(self, user: User, view: Json) -> Answer | None:
        """Close a modal; the app hears of it if it asked to."""
        found = self._of_view(user, view)
        kept = self.state.views.pop(view["id"])
        if not kept.get("notify_on_close"):
            return None
        body = self._interaction("view_closed", user, found)
        return await self._interact(found, body | {"view": shown_view(kept), "is_cleared": False})

    def _of_view(self, user: User, view: Json) -> Installation:
        kept = self.state.views.get(view["id"])
        if kept is None or kept["for_user"] != user.id:
            raise ValueError(f"{user.name} does not see view {view['id']}")
        return self.installed(self.state.apps[kept["app_id"]])

    # Commands and shortcuts.

    async def command(
        self, user: User, channel: Channel, line: str, app: App | None = None
    ) -> Answer:
        """Type a command such as ``/mynah why``; its immediate answer is shown."""
        found = self.installed(app)
        name, _, text = line.partition(" ")
        if name not in found.app.commands:
            raise ValueError(f"{name} is not a valid command")
        if user.id not in channel.members or channel.archived:
            raise ValueError(f"{user.name} cannot write in {channel.id}")
        body = {
            "token": "verification",
            "team_id": self.id,
            "team_domain": self.state.teams[self.id],
            "channel_id": channel.id,
            "channel_name": channel_name(channel),
            "user_id": user.id,
            "user_name": user.name,
            "command": name,
            "text": text,
            "api_app_id": found.app.id,
            "is_enterprise_install": "false",
            "response_url": self.state.response_url(found.bot.id, channel.id, user.id),
            "trigger_id": self.state.trigger(self.id, user.id, found.app),
        }
        answer = await self.server.courier.send(found.app, "slash_commands", body)
        reply = {"text": answer.reply} if isinstance(answer.reply, str) else answer.reply
        if not answer.failure and reply:
            self.server.respond(ResponseUrl(found.bot.id, channel.id, user.id, 0), reply)
            await self.server.courier.flushed()
        self.server.changed()
        return answer

    async def shortcut(
        self,
        user: User,
        callback_id: str,
        message: Message | None = None,
        app: App | None = None,
    ) -> Answer:
        """Use a shortcut: of a message if one is given, else a global one."""
        found = self.installed(app)
        if message is None:
            body = self._interaction("shortcut", user, found)
            body |= {"callback_id": callback_id, "action_ts": self.state.next_ts()}
            return await self._interact(found, body)
        channel = self.state.channel(message.channel)
        if user.id not in channel.members or message.ephemeral_to:
            raise ValueError(f"{user.name} has no menu at {message.ref}")
        body = self._interaction("message_action", user, found) | {
            "callback_id": callback_id,
            "action_ts": self.state.next_ts(),
            "channel": {"id": channel.id, "name": channel_name(channel)},
            "message_ts": message.ts,
            "message": message.wire(),
            "response_url": self.state.response_url(found.bot.id, channel.id, user.id, message),
        }
        return await self._interact(found, body)

    def _interaction(self, kind: str, user: User, found: Installation) -> Json:
        name = {"username": user.name, "name": user.name}
        return {
            "type": kind,
            "token": "verification",
            "api_app_id": found.app.id,
            "team": {"id": found.team_id, "domain": self.state.teams[found.team_id]},
            "user": {"id": user.id, **name, "team_id": user.team_id},
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": self.state.trigger(found.team_id, user.id, found.app),
        }

    async def _interact(self, found: Installation, body: Json) -> Answer:
        answer = await self.server.courier.send(found.app, "interactive", body)
        self.server.changed()
        return answer


def channel_name(channel: Channel) -> str:
    """How interactions name a channel."""
    private = {"im": "directmessage", "group": "privategroup"}
    return private.get(channel.kind, channel.name)


def _controls(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    for block in blocks:
        if "accessory" in block:
            yield block, block["accessory"]
        if block["type"] in {"actions", "context_actions"}:
            yield from ((block, element) for element in block["elements"])
        if block["type"] == "input":
            yield block, block["element"]


def _chosen(element: Json, value: str | None) -> Json | None:
    """What an action says of a control, or ``None`` if it does not offer this value."""
    if element["type"] == "feedback_buttons":
        for side in ("positive", "negative"):
            button = element[f"{side}_button"]
            if value in {side, button["value"]}:
                return {"text": button["text"], "value": button["value"]}
        return None
    if element["type"] in _CHOICES:
        for option in element["options"]:
            if option.get("value") == value:
                return {"selected_option": option}
        return None
    if value is not None and element.get("value") != value:
        return None
    return without_empty({key: element.get(key) for key in ("text", "value", "style", "url")})


def _filled(blocks: list[Json], values: Mapping[str, Any]) -> Json:
    """The state of a form. Fields that are left out keep what they start with."""
    left = dict(values)
    filled: Json = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        action = element.get("action_id") or block["block_id"]
        field = _field(element, left.pop(action, None))
        empty = not any(field[key] for key in field if key != "type")
        if empty and not block.get("optional"):
            raise ValueError(f"{action} is required")
        filled[block["block_id"]] = {action: field}
    if left:
        raise ValueError(f"no such field: {sorted(left)}")
    return filled


def _field(element: Json, value: Any) -> Json:
    kind = element["type"]
    if kind in _SEVERAL:
        chosen = [option for option in element["options"] if option["value"] in (value or ())]
        if len(chosen) != len(value or ()):
            raise ValueError(f"not all of {value} can be chosen")
        return {"type": kind, "selected_options": chosen}
    if kind in _CHOICES:
        options = [option for option in element["options"] if option["value"] == value]
        if value is not None and not options:
            raise ValueError(f"{value!r} cannot be chosen")
        first = options[0] if options else element.get("initial_option")
        return {"type": kind, "selected_option": first}
    text = element.get("initial_value") if value is None else value
    if text:
        shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
        if not shortest <= len(text) <= longest:
            raise ValueError(f"{len(text)} characters do not fit {shortest} to {longest}")
    return {"type": kind, "value": text}
