"""Hidden rules of made-up APIs: what a tool takes, what it says otherwise, what would be right."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    Params = dict[str, Any]
    Mend = Callable[[Params], Params]

VAGUE: Final = ("400 Bad Request", "Invalid request.", '{"error": "invalid_arguments"}')
MODES: Final = ("draft", "final")


@dataclass(frozen=True)
class Rule:
    """One thing that a tool wants.

    Attributes:
        cause: what is wrong where it is broken; the same for the same remedy.
        mend: makes a call that keeps it of one that does not, and leaves others alone.
        says: what the tool says where it is broken; formatted with ``got``.
        field: the parameter it is about.
    """

    cause: str
    field: str
    mend: Mend
    says: str
    detail: Callable[[Params], str] = lambda _: ""

    def broken(self, params: Mapping[str, Any]) -> bool:
        return self.mend(dict(params)) != dict(params)

    def complaint(self, params: Mapping[str, Any]) -> str:
        return self.says.replace("{got}", str(params.get(self.field, "")))


def at(
    name: str, change: Callable[[Any], Any], when: Callable[[Params], bool] | None = None
) -> Mend:
    """Return a remedy for one parameter that is there."""

    def mend(params: Params) -> Params:
        if name not in params or (when is not None and not when(params)):
            return params
        return {**params, name: change(params[name])}

    return mend


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _iso(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d\d\.\d\d\.\d{4}", value):
        return "-".join(reversed(value.split(".")))
    return value


def _epoch(value: Any) -> Any:
    if isinstance(value, str):
        return int(datetime.fromisoformat(_iso(value) + "T00:00:00+00:00").timestamp())
    return value


def _words(rng: Random, version: int) -> dict[str, str]:
    codes = [f"{word}_{version}" for word in ("low", "top")]
    rng.shuffle(codes)
    return dict(zip(("minor", "urgent"), codes, strict=True))


def _say(rng: Random, *clear: str) -> str:
    """Return one of the ways to complain; every fourth tool says nothing of use."""
    return rng.choice(VAGUE) if rng.random() < 0.25 else rng.choice(clear)


def most(rng: Random, version: int) -> Rule:
    limit = rng.choice(((40, 60, 100), (20, 30))[version])
    says = _say(rng, f"limit must be at most {limit}, got {{got}}", "limit is too large",
                f'{{"detail": [{{"loc": ["body", "limit"], "msg": "Input should be less than or '
                f'equal to {limit}"}}]}}')  # fmt: skip
    return Rule(f"most{version}", "limit", at("limit", lambda v: min(v, limit)), says)


def most_where(rng: Random, version: int) -> Rule:
    limit, mode = rng.choice(((25, 50), (12, 18))[version]), rng.choice(MODES)
    says = _say(rng, f"size may not exceed {limit} when mode is {mode}", "size is not acceptable")
    mend = at("size", lambda v: min(v, limit), lambda p: p.get("mode") == mode)
    return Rule(f"most_where{version}", "size", mend, says)


def scaled(rng: Random, version: int) -> Rule:
    """Milliseconds are wanted; later it is seconds again."""
    unit = ("milliseconds", "seconds")[version]
    says = _say(rng, f"duration must be given in {unit}", "duration is out of range")

    def change(value: int) -> int:
        if version == 0:
            return value * 1000 if value < 600 else value
        return value // 1000 if value >= 600 else value

    return Rule(f"scaled{version}", "duration", at("duration", change), says)


def typed(rng: Random, version: int) -> Rule:
    del version
    says = _say(
        rng, "number: value is not a valid string", "'{got}' is not of type 'string' (number)"
    )
    return Rule("typed", "number", at("number", str), says)


def listed(rng: Random, version: int) -> Rule:
    del version
    says = _say(rng, "labels should be a valid list", "labels: wrong shape")
    return Rule("listed", "labels", at("labels", lambda v: v if isinstance(v, list) else [v]), says)


def worded(rng: Random, version: int) -> Rule:
    words = _words(rng, version)
    says = _say(rng, f"level must be one of {', '.join(sorted(words.values()))}",
                "level '{got}' is not supported")  # fmt: skip

    def change(word: str) -> str:
        return words.get(word, word if word in words.values() else "?")  # no longer known

    return Rule(f"worded{version}", "level", at("level", change), says,
                lambda p: str(p.get("level")))  # fmt: skip


def dated(rng: Random, version: int) -> Rule:
    change = _iso if version == 0 else _epoch
    says = _say(rng, "due must be ISO 8601" if version == 0 else "due must be a unix timestamp",
                "due: cannot be read")  # fmt: skip
    return Rule(f"dated{version}", "due", at("due", change), says)


def renamed(rng: Random, version: int) -> Rule:
    name = ("assignee_login", "assignee_name")[version]
    old = ("assignee", "assignee_login")

    def mend(params: Params) -> Params:
        found = next((key for key in old[: version + 1] if key in params), None)
        if found is None:
            return params
        kept = {key: value for key, value in params.items() if key != found}
        return {**kept, name: params[found]}

    says = _say(
        rng, f"unknown field assignee, did you mean {name}?", "unexpected parameter assignee"
    )
    return Rule(f"renamed{version}", "assignee", mend, says)


def required(rng: Random, version: int) -> Rule:
    constant = rng.choice(("v2", "eu", "strict")) + str(version)
    says = _say(rng, f"region is required (for instance {constant})", "region is missing")
    return Rule(f"required{version}", "region", lambda p: {**p, "region": constant}, says)


def forbidden(rng: Random, version: int) -> Rule:
    mode = MODES[version]
    says = _say(rng, f"announce is not allowed when mode is {mode}", "announce: conflict")

    def mend(params: Params) -> Params:
        if params.get("mode") != mode:
            return params
        return {key: value for key, value in params.items() if key != "announce"}

    return Rule(f"forbidden{version}", "announce", mend, says)


def prefixed(rng: Random, version: int) -> Rule:
    put = ("refs/heads/", "branch:")[version]
    says = _say(rng, f"branch must start with '{put}'", "branch not found")

    def change(value: str) -> str:
        return value if value.startswith(put) else put + value.rpartition("/")[2]

    return Rule(f"prefixed{version}", "branch", at("branch", change), says)


def slugged(rng: Random, version: int) -> Rule:
    del version
    says = _say(rng, "key: only lowercase letters, digits and hyphens (a slug)", "key is invalid")
    return Rule("slugged", "key", at("key", _slug), says)


def derived(rng: Random, version: int) -> Rule:
    del version
    says = _say(rng, "path is required", "missing required field: path")
    return Rule("derived", "path",
                lambda p: p if "path" in p else {**p, "path": _slug(p["title"])}, says)  # fmt: skip


def encoded(rng: Random, version: int) -> Rule:
    del version, rng

    def change(value: str) -> str:
        return (
            value if value.endswith("=") else base64.b64encode(value.encode() + b" ").decode() + "="
        )

    return Rule("encoded", "key", at("key", change), "key: bad encoding")


def joined(rng: Random, version: int) -> Rule:
    del version, rng

    def mend(params: Params) -> Params:
        if "at" in params:
            return params
        return {**params, "at": f"{params['mode']}/{params['branch']}"}

    return Rule("joined", "at", mend, "at is required")


def checked(rng: Random, version: int) -> Rule:
    del version, rng

    def change(value: Any) -> str:
        text = str(value)
        return text if "-" in text else f"{text}-{sum(map(int, text)) % 10}"

    return Rule("checked", "number", at("number", change), "number: wrong check digit")


def stepped(rng: Random, version: int) -> Rule:
    del version, rng
    return Rule("stepped", "size", at("size", lambda v: v // 8 * 8), "size must be a multiple of 8")


KNOWN: Final = (most, most_where, scaled, typed, listed, worded, dated, renamed, required,
                forbidden, prefixed, slugged, derived)  # fmt: skip
OUTSIDE: Final = (encoded, joined, checked, stepped)
DRIFTING: Final = frozenset({most, scaled, worded, dated, renamed, required, prefixed})  # fmt: skip
"""Rules that can change so that the old way is refused; one that is merely lifted is not seen."""
