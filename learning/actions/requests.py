"""Reads what somebody wants done, in so many words: which tool, with which parameters.

Decides whether a message is a request to act, and nothing else: a question about songs, a
quoted sentence, a negation or a doubt is none. What it cannot be sure of is left to whoever
answers. Refuses to know what a tool does and whether it may be used.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from learning.actions.songs import song
from learning.actions.wording import Bare, bare, data, leaves, rows, unquoted, values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAMED: Final = re.compile(
    r"(?:use|call|run|execute|invoke)\s+(?:the\s+)?(?:tool\s+)?`?(?P<tool>[\w-]+\.[\w.-]*\w)`?"
    r"(?:\s+tool)?(?P<rest>$|\s+[\s\S]*)",
    re.IGNORECASE,
)
_PAIR: Final = re.compile(r"(?P<name>[A-Za-z_][\w-]*)\s*[=:]\s*(?P<value>[\s\S]*)")
_SONGS: Final = "music.create"


class Known(Protocol):
    """What has to be known of a tool to read a request for it."""

    @property
    def name(self) -> str:
        """Unique: "github.create_issue"."""

    @property
    def title(self) -> str:
        """For people: "Open an issue"."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """JSON Schema of an object."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants done.

    Attributes:
        tool: its name.
        params: what they said.
        missing: parameters that it needs and they did not say.
    """

    tool: str
    params: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def read(text: str, tools: Sequence[Known]) -> Asked | None:
    """Return what a message asks to have done; nothing if it asks for no such thing.

    Args:
        text: the message.
        tools: what can be done here.
    """
    said = bare(text)
    if said is None or not tools:
        return None
    known = {tool.name: tool for tool in tools}
    return _by_name(said, known) or _in_words(said, known) or _music(said, known)


def lacking(text: str, tools: Sequence[Known]) -> str:
    """Return the tool that a message asks for in so many words and that is not there.

    Args:
        text: the message; one that ``read`` makes nothing of.
        tools: what can be done here.

    Returns:
        Its name; empty if the message asks for no such thing.
    """
    said = bare(text)
    if said is None:
        return ""
    there = {tool.name for tool in tools}
    names = {*(row.tool for row in rows()), _SONGS} - there
    missing: dict[str, Known] = {name: _Missing(name) for name in names}
    asked = _in_words(said, missing) or _music(said, missing)
    return "" if asked is None else asked.tool


@dataclass(frozen=True, slots=True)
class _Missing:
    """A tool that is not there; nothing is known of it but its name."""

    name: str
    title: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


def go_on(asked: Asked, text: str, tool: Known) -> Asked | Literal["left"] | None:
    """Return a request with what was missing, after somebody was asked for it.

    Args:
        asked: the request as far as it was known.
        text: the message that follows.
        tool: what is to be used.

    Returns:
        "left" if they want it no more; nothing if they speak of something else.
    """
    text = text.strip()
    if leaves(text):
        return "left"
    if not asked.missing or not text or text.endswith("?"):
        return None
    given = _pairs(text, tool)
    if given is None or not given:
        first = asked.missing[0]
        given = {first: _typed(unquoted(text), _properties(tool).get(first))}
    return _completed(asked.tool, {**asked.params, **given}, tool)


def wanting(asked: Asked, tool: Known) -> str:
    """Return the sentence that asks for what is missing."""
    lines = []
    for name in asked.missing:
        told = str(_described(_properties(tool).get(name)).get("description", "")).strip()
        first = told.partition("\n")[0].rstrip(".")
        lines.append(f"**{name}** ({first[:1].lower()}{first[1:]})" if first else f"**{name}**")
    needs = lines[0] if len(lines) == 1 else f"{', '.join(lines[:-1])} and {lines[-1]}"
    how = "Tell me" if len(lines) == 1 else f"Tell me, as `{asked.missing[0]}: …` on a line each"
    return (
        f"To {tool.title[:1].lower()}{tool.title[1:]} I need {needs}. {how}, or say “never mind”."
    )


def _by_name(said: Bare, known: Mapping[str, Known]) -> Asked | None:
    found = _NAMED.fullmatch(said.text)
    tool = known.get(found["tool"]) or known.get(found["tool"].lower()) if found else None
    if found is None or tool is None or (said.question and not said.asked):
        return None
    rest = re.sub(r"^\s*(?:with|on|for)\b:?", "", found["rest"], flags=re.IGNORECASE).strip()
    rest = re.sub(r"^`{1,3}(?:json)?\s*([\s\S]*?)\s*`{1,3}$", r"\1", rest)
    given = _pairs(rest, tool) if rest else {}
    return None if given is None else _completed(tool.name, given, tool)


def _in_words(said: Bare, known: Mapping[str, Known]) -> Asked | None:
    for row in rows():
        tool = known.get(row.tool)
        if tool is None or (said.question and not (said.asked or row.asks)):
            continue
        for says in row.says:
            found = says.fullmatch(said.text.rstrip(" ") if "\n" in said.text else _line(said.text))
            if found is None:
                continue
            given = values(found)
            if said.asked and not given and not row.asks:
                return None  # "could you open an issue?" asks whether
            return _completed(tool.name, {**row.also, **_fitting(given, tool)}, tool)
    return None


def _line(text: str) -> str:
    """Return one line without the full stop that ends it."""
    return re.sub(r"(?<=[\w)\]\"”'#])[.!]+$", "", text.rstrip())


def _music(said: Bare, known: Mapping[str, Known]) -> Asked | None:
    tool = known.get(_SONGS)
    if tool is None or (said.question and not said.asked):
        return None
    given = song(said.text)
    return None if given is None else _completed(tool.name, _fitting(given, tool), tool)


def _fitting(given: Mapping[str, Any], tool: Known) -> dict[str, Any]:
    """Return what was said under the names that the tool has for it."""
    properties, names = _properties(tool), data()["names"]
    fitted: dict[str, Any] = {}
    for name, value in given.items():
        called = names.get(name, [name])
        if not properties:
            fitted[name] = value
        elif (fits := next((each for each in (name, *called) if each in properties), "")) and (
            fits not in fitted
        ):
            fitted[fits] = _cased(value, properties[fits])
    return fitted


def _cased(value: Any, wanted: object) -> Any:  # noqa: ANN401 - JSON
    """Return a value as the schema spells it, where it lists what there is."""
    listed = _described(wanted).get("enum", ())
    if isinstance(value, str) and isinstance(listed, list | tuple):
        return next((each for each in listed if str(each).casefold() == value.casefold()), value)
    return value


def _completed(name: str, params: Mapping[str, Any], tool: Known) -> Asked:
    needed = tool.parameters.get("required", ())
    missing = tuple(each for each in needed if params.get(each) is None or params[each] == "")
    return Asked(name, dict(params), missing)


def _pairs(text: str, tool: Known) -> dict[str, Any] | None:
    """Return parameters as they were typed: JSON, ``name=value`` or ``name: value`` lines.

    Nothing if it is neither: words about the parameters are for who can read them.
    """
    if text.startswith("{"):
        try:
            parsed = json.loads(text)
        except ValueError:
            return None
        return parsed if isinstance(parsed, dict) else None
    properties = _properties(tool)
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and "=" in text:
        try:
            lines = shlex.split(text)
        except ValueError:
            return None
    given: dict[str, Any] = {}
    for line in lines:
        pair = _PAIR.fullmatch(line.strip())
        if pair is None or (properties and pair["name"] not in properties):
            return None
        given[pair["name"]] = _typed(pair["value"].strip(), properties.get(pair["name"]))
    return given


def _typed(value: str, wanted: object) -> Any:  # noqa: ANN401 - JSON
    """Return a value as the schema wants it, as far as what was typed can be that."""
    kinds = _kinds(wanted)
    if kinds & {"string"} and not kinds - {"string", "null"}:
        return unquoted(value)
    if "array" in kinds and not value.startswith("["):
        return [unquoted(part.strip()) for part in value.split(",") if part.strip()]
    try:
        return json.loads(value.lower() if value.lower() in {"true", "false", "null"} else value)
    except ValueError:
        return unquoted(value)


def _kinds(wanted: object) -> set[str]:
    described = _described(wanted)
    kind = described.get("type", ())
    kinds = {kind} if isinstance(kind, str) else {str(each) for each in kind}
    for each in (*described.get("anyOf", ()), *described.get("oneOf", ())):
        kinds |= _kinds(each)
    return kinds


def _properties(tool: Known) -> Mapping[str, Any]:
    found = tool.parameters.get("properties", {})
    return found if isinstance(found, dict) else {}


def _described(wanted: object) -> Mapping[str, Any]:
    return wanted if isinstance(wanted, dict) else {}


def as_data(asked: Asked) -> dict[str, Any]:
    """Return a request as it is kept while something is missing."""
    return {"tool": asked.tool, "params": dict(asked.params), "missing": list(asked.missing)}


def from_data(kept: object) -> Asked | None:
    """Return it from how it was kept."""
    if not isinstance(kept, dict) or not isinstance(kept.get("tool"), str):
        return None
    params, missing = kept.get("params"), kept.get("missing")
    if not isinstance(params, dict) or not isinstance(missing, list):
        return None
    return replace(Asked(kept["tool"]), params=params, missing=tuple(str(m) for m in missing))
