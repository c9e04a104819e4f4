"""Filling in what an app asks for in the stand-in for Discord: options and form fields.

Discord's apps check these before they send them; here a ``ValueError`` says what is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standins.discord_state import State, length
from tests.standins.discord_things import Attachment, Channel, Json, User

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPES: dict[int, type | tuple[type, ...]] = {
    3: str,
    4: int,
    5: bool,
    6: User,
    7: Channel,
    10: (int, float),
    11: Attachment,
}


def filled(
    state: State, command: Json, path: Sequence[str], given: Json, focused: str
) -> tuple[list[Json], Json]:
    """The options of a command with what somebody put in, and what they refer to."""
    options: list[Json] = command.get("options") or []
    if path:
        inner = [one for one in options if one["name"] == path[0] and one["type"] in {1, 2}]
        if not inner:
            raise ValueError(f"{command['name']!r} has no {path[0]!r}")
        nested, resolved = filled(state, inner[0], path[1:], given, focused)
        return [{"name": path[0], "type": inner[0]["type"], "options": nested}], resolved
    if any(one["type"] in {1, 2} for one in options):
        raise ValueError(f"{command['name']!r} needs one of {[one['name'] for one in options]}")
    known = {one["name"]: one for one in options}
    if set(given) - set(known):
        raise ValueError(f"{command['name']!r} has only the options {sorted(known)}")
    missing = [one["name"] for one in options if one.get("required") and one["name"] not in given]
    if missing and not focused:
        raise ValueError(f"{command['name']!r} needs {missing}")
    resolved = {}
    body: list[Json] = []
    for name, value in given.items():
        option = known[name]
        one: Json = {"name": name, "type": option["type"]}
        if name == focused:
            if not option.get("autocomplete"):
                raise ValueError(f"{name!r} does not complete")
            one |= {"value": value, "focused": True}
        else:
            _check(option, value)
            one["value"] = _valued(state, value, resolved)
        body.append(one)
    return body, resolved


def _check(option: Json, value: Any) -> None:
    name, kind = option["name"], option["type"]
    if not isinstance(value, _TYPES.get(kind, object)) or (kind == 4 and isinstance(value, bool)):
        raise ValueError(f"{name!r} is not of that type: {value!r}")
    choices = [choice["value"] for choice in option.get("choices") or []]
    if choices and value not in choices:
        raise ValueError(f"{name!r} is one of {choices}")
    if isinstance(value, str):
        least, most = option.get("min_length") or 0, option.get("max_length") or 6_000
        if not least <= length(value) <= most:
            raise ValueError(f"{name!r} has between {least} and {most} characters")
    if kind in {4, 10}:
        least, most = option.get("min_value"), option.get("max_value")
        if (least is not None and value < least) or (most is not None and value > most):
            raise ValueError(f"{name!r} is between {least} and {most}")


def _valued(state: State, value: Any, resolved: Json) -> Any:
    if isinstance(value, User):
        resolved.setdefault("users", {})[value.id] = value.wire()
    elif isinstance(value, Channel):
        body = value.wire(state) | {"permissions": "0"}
        resolved.setdefault("channels", {})[value.id] = body
    elif isinstance(value, Attachment):
        state.attach("0", value)
        resolved.setdefault("attachments", {})[value.id] = value.wire()
    else:
        return value
    return value.id


def filled_form(components: list[Json], values: Json) -> list[Json]:
    """The parts of a form as they are sent."""
    known: set[str] = set()
    parts: list[Json] = []
    for part in components:
        if part["type"] == 10:
            parts.append({"type": 10, "id": part["id"]})
            continue
        inner = part["components"] if part["type"] == 1 else [part["component"]]
        sent = [_field(one, values) for one in inner]
        known |= {one["custom_id"] for one in inner}
        body: Json = {"type": part["type"], "id": part["id"]}
        parts.append(body | ({"components": sent} if part["type"] == 1 else {"component": sent[0]}))
    if set(values) - known:
        raise ValueError(f"the form has only the fields {sorted(known)}")
    return parts


def _field(one: Json, values: Json) -> Json:
    name = one["custom_id"]
    body: Json = {"type": one["type"], "id": one["id"], "custom_id": name}
    needed = one.get("required", True)
    if one["type"] == 4:
        value = values.get(name, one.get("value") or "")
        least, most = one.get("min_length") or 0, one.get("max_length") or 4_000
        if (needed and not value) or (value and not least <= length(value) <= most):
            raise ValueError(f"{name!r} has between {max(least, 1)} and {most} characters")
        return body | {"value": value}
    if one["type"] in {21, 23}:
        return body | {"value": values.get(name)}
    standing = [option["value"] for option in one.get("options") or [] if option.get("default")]
    chosen = list(values.get(name, standing))
    offers = [option["value"] for option in one.get("options") or []]
    if offers and not set(chosen) <= set(offers):
        raise ValueError(f"{name!r} is of {offers}")
    if needed and not chosen:
        raise ValueError(f"{name!r} is needed")
    return body | {"values": chosen}
