"""What Discord takes as a message or a form, and what it refuses; sizes as it documents them."""

from __future__ import annotations

from typing import Any

from tests.standins.discord_state import Refused, invalid, length
from tests.standins.discord_things import COMPONENTS_V2, Json, each

CONTENT = 2_000
V2_TEXT = 4_000
V2_COMPONENTS = 40
ROWS = 5
BUTTONS = 5
FILES = 10
FILE_BYTES = 10 * 1024 * 1024
EMBEDS = 10
EMBED_TEXT = 6_000
NONCE = 25

ROW, BUTTON, SELECT, INPUT = 1, 2, 3, 4
SELECTS = frozenset({3, 5, 6, 7, 8})
SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
LABEL, UPLOAD, RADIO, CHECKS, CHECK = 18, 19, 21, 22, 23
LAYOUT = frozenset({ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR, CONTAINER})
LINK, PREMIUM = 5, 6

_EMBED_SIZES = {"title": 256, "description": 4_096}


def check_size(path: str, value: Any, most: int, least: int = 0) -> None:
    if not isinstance(value, str):
        raise invalid(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
    if not least <= length(value) <= most:
        short = length(value) < least
        code = "BASE_TYPE_MIN_LENGTH" if short else "BASE_TYPE_MAX_LENGTH"
        if not value and least:
            raise invalid(path, "BASE_TYPE_REQUIRED", "This field is required")
        raise invalid(path, code, f"Must be between {least} and {most} in length.")


def check_message(body: Json) -> None:
    """Refuse texts, embeds, components and settings that Discord would not take."""
    if body.get("content") is not None:
        check_size("content", body["content"], CONTENT)
    _check_embeds(body.get("embeds") or [])
    _check_mentions(body.get("allowed_mentions"))
    nonce = body.get("nonce")
    if nonce is not None and (not isinstance(nonce, str | int) or len(str(nonce)) > NONCE):
        raise invalid("nonce", "NONCE_TYPE_TOO_LONG", f"Must be {NONCE} or fewer in length.")
    components = body.get("components") or []
    if int(body.get("flags") or 0) & COMPONENTS_V2:
        for name in ("content", "embeds", "poll", "sticker_ids"):
            if body.get(name):
                code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
                raise invalid(name, code, f"The '{name}' field cannot be used when using V2.")
        _check_layout(components)
    else:
        _check_rows(components)
    number(components)


def _check_mentions(allowed: Any) -> None:
    if not isinstance(allowed, dict):
        return
    parse = allowed.get("parse") or []
    for name in ("users", "roles"):
        ids = allowed.get(name) or []
        if name in parse and ids:
            message = f"parse:[{name}] and {name}: [ids...] are mutually exclusive."
            raise invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
        if len(ids) > 100:
            raise invalid(f"allowed_mentions.{name}", "BASE_TYPE_MAX_LENGTH", "At most 100.")
    for name in parse:
        if name not in {"users", "roles", "everyone"}:
            raise invalid("allowed_mentions.parse", "BASE_TYPE_CHOICES", "Not a type of mention.")


def _check_embeds(embeds: list[Json]) -> None:
    if len(embeds) > EMBEDS:
        raise invalid("embeds", "BASE_TYPE_MAX_LENGTH", f"Must be {EMBEDS} or fewer in length.")
    total = 0
    for index, embed in enumerate(embeds):
        at = f"embeds.{index}"
        sized: list[tuple[str, Any, int]] = [
            (f"{at}.{name}", embed.get(name) or "", most) for name, most in _EMBED_SIZES.items()
        ]
        sized.append((f"{at}.footer.text", (embed.get("footer") or {}).get("text", ""), 2_048))
        sized.append((f"{at}.author.name", (embed.get("author") or {}).get("name", ""), 256))
        fields = embed.get("fields") or []
        if len(fields) > 25:
            raise invalid(f"{at}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        for place, one in enumerate(fields):
            check_size(f"{at}.fields.{place}.name", one.get("name", ""), 256, 1)
            check_size(f"{at}.fields.{place}.value", one.get("value", ""), 1_024, 1)
            total += length(one["name"]) + length(one["value"])
        for path, text, most in sized:
            check_size(path, text, most)
            total += length(text)
    if total > EMBED_TEXT:
        code, message = (
            "MAX_EMBED_SIZE_EXCEEDED",
            f"Embed size exceeds maximum size of {EMBED_TEXT}",
        )
        raise invalid("embeds", code, message)


def _check_rows(components: list[Json]) -> None:
    if len(components) > ROWS:
        raise invalid("components", "BASE_TYPE_MAX_LENGTH", f"Must be {ROWS} or fewer in length.")
    for index, row in enumerate(components):
        if row.get("type") != ROW:
            path = f"components.{index}.type"
            raise invalid(path, "UNION_TYPE_CHOICES", "Value of field must be one of (1,).")
        _check_row(row, f"components.{index}")
    _check_ids(components)


def _check_layout(components: list[Json]) -> None:
    if not components:
        raise Refused(50006)
    everything = each(components)
    if len(everything) > V2_COMPONENTS:
        message = f"The number of components exceeds {V2_COMPONENTS}."
        raise invalid("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    text = sum(length(str(one.get("content", ""))) for one in everything if one["type"] == 10)
    if text > V2_TEXT:
        message = f"The total text of the components exceeds {V2_TEXT}."
        raise invalid("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    for index, one in enumerate(components):
        _check_part(one, f"components.{index}", LAYOUT)
    _check_ids(components)


def _check_part(one: Json, at: str, allowed: frozenset[int]) -> None:
    kind = one.get("type")
    if kind not in allowed:
        wanted = tuple(sorted(allowed))
        raise invalid(f"{at}.type", "UNION_TYPE_CHOICES", f"Value must be one of {wanted}.")
    if kind == ROW:
        _check_row(one, at)
    elif kind == TEXT_DISPLAY:
        check_size(f"{at}.content", one.get("content", ""), V2_TEXT, 1)
    elif kind == SECTION:
        _check_section(one, at)
    elif kind == GALLERY and not 1 <= len(one.get("items") or []) <= 10:
        raise invalid(f"{at}.items", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 10 in length.")
    elif kind == CONTAINER:
        _check_container(one, at)


def _check_section(one: Json, at: str) -> None:
    texts = one.get("components") or []
    if not 1 <= len(texts) <= 3:
        raise invalid(f"{at}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 3.")
    for place, text in enumerate(texts):
        _check_part(text, f"{at}.components.{place}", frozenset({TEXT_DISPLAY}))
    beside = one.get("accessory") or {}
    if beside.get("type") not in {BUTTON, THUMBNAIL}:
        raise invalid(f"{at}.accessory", "BASE_TYPE_REQUIRED", "This field is required")
    if beside["type"] == BUTTON:
        _check_button(beside, f"{at}.accessory")


def _check_container(one: Json, at: str) -> None:
    inner = one.get("components") or []
    if not inner:
        raise invalid(f"{at}.components", "BASE_TYPE_REQUIRED", "This field is required")
    for place, part in enumerate(inner):
        _check_part(part, f"{at}.components.{place}", LAYOUT - {CONTAINER})


def _check_row(row: Json, at: str) -> None:
    parts = row.get("components") or []
    selects = [part for part in parts if part.get("type") in SELECTS]
    if not 1 <= len(parts) <= BUTTONS or (selects and len(parts) > 1):
        message = "Must be between 1 and 5 in length."
        raise invalid(f"{at}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
    for place, part in enumerate(parts):
        path = f"{at}.components.{place}"
        if part.get("type") == BUTTON:
            _check_button(part, path)
        elif part.get("type") in SELECTS:
            check_select(part, path)
        else:
            raise invalid(f"{path}.type", "UNION_TYPE_CHOICES", "Not for an action row here.")


def _check_button(button: Json, at: str) -> None:
    style = button.get("style")
    if style not in {1, 2, 3, 4, LINK, PREMIUM}:
        raise invalid(f"{at}.style", "BASE_TYPE_CHOICES", "Value must be one of (1, …, 6).")
    check_size(f"{at}.label", button.get("label") or "", 80)
    if style == LINK:
        check_size(f"{at}.url", button.get("url", ""), 512, 1)
        if button.get("custom_id"):
            raise invalid(at, "BUTTON_COMPONENT_CUSTOM_ID_NOT_ALLOWED", "A link has no custom id.")
    elif style != PREMIUM:
        check_size(f"{at}.custom_id", button.get("custom_id", ""), 100, 1)
        if not button.get("label") and not button.get("emoji"):
            raise invalid(at, "BUTTON_COMPONENT_INVALID", "A label or an emoji is required.")


def check_select(select: Json, at: str) -> None:
    check_size(f"{at}.custom_id", select.get("custom_id", ""), 100, 1)
    check_size(f"{at}.placeholder", select.get("placeholder") or "", 150)
    if select["type"] != SELECT:
        return
    options = select.get("options") or []
    if not 1 <= len(options) <= 25:
        raise invalid(f"{at}.options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25.")
    for place, option in enumerate(options):
        check_size(f"{at}.options.{place}.label", option.get("label", ""), 100, 1)
        check_size(f"{at}.options.{place}.value", option.get("value", ""), 100, 1)
        check_size(f"{at}.options.{place}.description", option.get("description") or "", 100)
    if len({option["value"] for option in options}) < len(options):
        code = "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"
        raise invalid(f"{at}.options", code, "The specified option value is already used")


def _check_ids(components: list[Json]) -> None:
    seen: set[str] = set()
    for one in each(components):
        custom_id = one.get("custom_id")
        if custom_id and custom_id in seen:
            code = "COMPONENT_CUSTOM_ID_DUPLICATED"
            raise invalid("components", code, "Component custom id cannot be duplicated")
        seen |= {custom_id} if custom_id else set()


def number(components: list[Json]) -> None:
    """Give every component its number, as Discord does for who gave none."""
    used = {one["id"] for one in each(components) if one.get("id")}
    following = 1
    for one in each(components):
        if not one.get("id"):
            while following in used:
                following += 1
            one["id"] = following
            used.add(following)


def check_modal(data: Json) -> None:
    check_size("data.title", data.get("title", ""), 45, 1)
    check_size("data.custom_id", data.get("custom_id", ""), 100, 1)
    parts = data.get("components") or []
    if not 1 <= len(parts) <= 5:
        raise invalid("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5.")
    for index, part in enumerate(parts):
        at = f"data.components.{index}"
        if part.get("type") == ROW:
            for place, one in enumerate(part.get("components") or []):
                if one.get("type") != INPUT:
                    raise invalid(f"{at}.components.{place}", "UNION_TYPE_CHOICES", "Not (4,).")
                check_size(f"{at}.components.{place}.label", one.get("label", ""), 45, 1)
                _check_field(one, f"{at}.components.{place}")
        elif part.get("type") == LABEL:
            check_size(f"{at}.label", part.get("label", ""), 45, 1)
            check_size(f"{at}.description", part.get("description") or "", 100)
            _check_field(part.get("component") or {}, f"{at}.component")
        elif part.get("type") != TEXT_DISPLAY:
            raise invalid(f"{at}.type", "UNION_TYPE_CHOICES", "Value must be one of (1, 10, 18).")
    _check_ids(parts)
    number(parts)


def _check_field(one: Json, at: str) -> None:
    kind = one.get("type")
    if kind in SELECTS:
        check_select(one, at)
    elif kind == INPUT:
        check_size(f"{at}.custom_id", one.get("custom_id", ""), 100, 1)
        check_size(f"{at}.placeholder", one.get("placeholder") or "", 100)
        most = one.get("max_length") or 4_000
        if not 1 <= most <= 4_000:
            raise invalid(f"{at}.max_length", "NUMBER_TYPE_MAX", "Must be between 1 and 4000.")
        check_size(f"{at}.value", one.get("value") or "", most)
    elif kind not in {UPLOAD, RADIO, CHECKS, CHECK}:
        raise invalid(f"{at}.type", "UNION_TYPE_CHOICES", "Not for a modal.")
