"""Application commands in the stand-in for Discord: what may be registered, and where it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.standins.discord_calls import Call, route
from tests.standins.discord_checks import check_size
from tests.standins.discord_state import Refused, State, invalid

if TYPE_CHECKING:
    from tests.standins.discord_things import Json, User

CHAT, USER, MESSAGE = 1, 2, 3
SUBCOMMAND, SUBGROUP = 1, 2
MOST = {CHAT: 100, USER: 15, MESSAGE: 15}
OPTIONS = CHOICES = 25
ALL_TEXT = 8_000
LOCALES = frozenset(
    [
        "id",
        "da",
        "de",
        "en-GB",
        "en-US",
        "es-ES",
        "es-419",
        "fr",
        "hr",
        "it",
        "lt",
        "hu",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "fi",
        "sv-SE",
        "vi",
        "tr",
        "cs",
        "el",
        "bg",
        "ru",
        "uk",
        "hi",
        "th",
        "zh-CN",
        "ja",
        "zh-TW",
        "ko",
    ]
)
_NAME = re.compile(r"^[-_'\w]{1,32}$")
_COMMANDS = "/applications/{application_id}/commands"
_GUILDS = "/applications/{application_id}/guilds/{guild_id}/commands"


def _check_name(name: Any, at: str) -> None:
    check_size(at, name, 32, 1)
    if not _NAME.match(name) or name != name.lower():
        raise invalid(at, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_localised(body: Json, at: str, *, chat: bool) -> None:
    for key, most in (("name_localizations", 32), ("description_localizations", 100)):
        for locale, text in (body.get(key) or {}).items():
            if locale not in LOCALES:
                raise invalid(f"{at}{key}", "ENUM_TYPE_COERCE", f'"{locale}" is not a locale.')
            check_size(f"{at}{key}.{locale}", text, most, 1)
            if chat and key.startswith("name"):
                _check_name(text, f"{at}{key}.{locale}")


def check_command(body: Json) -> Json:
    """A command as Discord keeps it, or a refusal."""
    kind = body.get("type", CHAT)
    if kind not in MOST:
        raise invalid("type", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3}.")
    if kind == CHAT:
        _check_name(body.get("name", ""), "name")
        check_size("description", body.get("description", ""), 100, 1)
    else:
        check_size("name", body.get("name", ""), 32, 1)
        if body.get("description") or body.get("options"):
            code = "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED"
            raise invalid("description", code, "Context menu commands have none")
    _check_localised(body, "", chat=kind == CHAT)
    options = body.get("options") or []
    _check_options(options, "options", depth=0)
    if _text(body) > ALL_TEXT:
        code = "APPLICATION_COMMAND_TOO_LARGE"
        raise invalid("options", code, f"Command exceeds maximum size ({ALL_TEXT})")
    for name, allowed in (("contexts", {0, 1, 2}), ("integration_types", {0, 1})):
        given = body.get(name)
        if given is not None and not (given and set(given) <= allowed):
            raise invalid(name, "BASE_TYPE_CHOICES", f"Values must be of {sorted(allowed)}.")
    permissions = body.get("default_member_permissions")
    return {
        "type": kind,
        "name": body["name"],
        "name_localizations": body.get("name_localizations"),
        "description": body.get("description") or "",
        "description_localizations": body.get("description_localizations"),
        "default_member_permissions": None if permissions is None else str(permissions),
        "nsfw": bool(body.get("nsfw")),
        "contexts": body.get("contexts"),
        "integration_types": body.get("integration_types") or [0],
    } | ({"options": options} if options else {})


def _check_options(options: list[Json], at: str, *, depth: int) -> None:
    if len(options) > OPTIONS:
        raise invalid(at, "BASE_TYPE_MAX_LENGTH", f"Must be {OPTIONS} or fewer in length.")
    names = [option.get("name") for option in options]
    if len(set(names)) < len(names):
        raise invalid(at, "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option name is used twice")
    nested = [option.get("type") in {SUBCOMMAND, SUBGROUP} for option in options]
    if any(nested) and not all(nested):
        code = "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"
        raise invalid(at, code, "Sub-command and sub-command group option types are exclusive")
    optional = False
    for index, option in enumerate(options):
        here = f"{at}.{index}"
        kind = option.get("type")
        if kind not in range(1, 12) or (kind in {SUBCOMMAND, SUBGROUP} and depth + kind > 3):
            raise invalid(f"{here}.type", "BASE_TYPE_CHOICES", "Not a type of option here.")
        _check_name(option.get("name", ""), f"{here}.name")
        check_size(f"{here}.description", option.get("description", ""), 100, 1)
        _check_localised(option, f"{here}.", chat=True)
        if option.get("required") and optional:
            code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            raise invalid(here, code, "Required options must be placed before non-required options")
        optional = optional or not option.get("required")
        _check_choices(option, here)
        if kind in {SUBCOMMAND, SUBGROUP}:
            _check_options(option.get("options") or [], f"{here}.options", depth=depth + kind)


def _check_choices(option: Json, at: str) -> None:
    choices = option.get("choices") or []
    if len(choices) > CHOICES or (choices and option.get("autocomplete")):
        raise invalid(f"{at}.choices", "BASE_TYPE_MAX_LENGTH", "At most 25, and no autocomplete.")
    for index, choice in enumerate(choices):
        check_size(f"{at}.choices.{index}.name", choice.get("name", ""), 100, 1)
        if isinstance(choice.get("value"), str):
            check_size(f"{at}.choices.{index}.value", choice["value"], 100, 1)


def _longest(body: Json, key: str) -> int:
    return max(len(text) for text in [body.get(key) or "", *_localised(body, key)])


def _localised(body: Json, key: str) -> list[str]:
    return list((body.get(f"{key}_localizations") or {}).values())


def _text(body: Json) -> int:
    own = _longest(body, "name") + _longest(body, "description")
    own += sum(len(str(one["value"])) + len(one["name"]) for one in body.get("choices") or [])
    return own + sum(_text(option) for option in body.get("options") or [])


# Registering.


def _registered(call: Call) -> dict[str, Json]:
    if call.path["application_id"] != call.state.app.id:
        raise Refused(50001)
    scope = call.path.get("guild_id", "")
    guild = call.state.guilds.get(scope)
    if scope and (guild is None or call.bot.id not in guild.members):
        raise Refused(50001)
    return call.state.commands.setdefault(scope, {})


def _kept(call: Call, body: Json, known: dict[str, Json]) -> Json:
    made = check_command(body)
    same = [
        one for one in known.values() if (one["name"], one["type"]) == (made["name"], made["type"])
    ]
    made["id"] = same[0]["id"] if same else call.state.new_id()
    made["application_id"], made["version"] = call.state.app.id, call.state.new_id()
    if "guild_id" in call.path:
        made["guild_id"] = call.path["guild_id"]
    return made


def _check_counts(commands: list[Json]) -> None:
    for kind, most in MOST.items():
        if sum(one["type"] == kind for one in commands) > most:
            message = f"Maximum number of application commands reached ({most})."
            raise Refused(30032, message=message)


@route("GET", _COMMANDS)
@route("GET", _GUILDS)
def listed(call: Call) -> list[Json]:
    return list(_registered(call).values())


@route("PUT", _COMMANDS)
@route("PUT", _GUILDS)
def overwrite(call: Call) -> list[Json]:
    known = _registered(call)
    bodies = call.body if isinstance(call.body, list) else []
    made = [_kept(call, body, known) for body in bodies]
    if len({(one["name"], one["type"]) for one in made}) < len(made):
        code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
        raise invalid("name", code, "Application command names must be unique")
    _check_counts(made)
    known.clear()
    known.update({one["id"]: one for one in made})
    call.state.syncs += 1
    return made


@route("POST", _COMMANDS)
@route("POST", _GUILDS)
def upsert(call: Call) -> Json:
    known = _registered(call)
    made = _kept(call, call.json, known)
    _check_counts([*known.values(), made])
    known[made["id"]] = made
    return made


def _one(call: Call) -> Json:
    found = _registered(call).get(call.path["command_id"])
    if found is None:
        raise Refused(10063)
    return found


@route("GET", _COMMANDS + "/{command_id}")
def command(call: Call) -> Json:
    return _one(call)


@route("PATCH", _COMMANDS + "/{command_id}")
def change(call: Call) -> Json:
    old = _one(call)
    old |= check_command(old | call.json) | {"version": call.state.new_id()}
    return old


@route("DELETE", _COMMANDS + "/{command_id}")
def delete(call: Call) -> None:
    del _registered(call)[_one(call)["id"]]


def offered(state: State, user: User, name: str, kind: int, guild_id: str, context: int) -> Json:
    """The command that somebody sees in a place.

    Raises:
        ValueError: if Discord would show none.
    """
    everything = [*state.commands.get(guild_id, {}).values(), *state.commands[""].values()]
    here = bool(guild_id) and state.app.bot.id in state.guilds[guild_id].members
    for one in everything:
        if (one["name"], one["type"]) != (name, kind):
            continue
        contexts = one["contexts"]
        types = one["integration_types"]
        installed = (here and 0 in types) or (user.installed and 1 in types)
        if context == 1:
            installed = installed or 0 in types
        if installed and (contexts is None or context in contexts):
            return one
    raise ValueError(f"{user.name} is shown no {name!r} here")
