"""What is said of actions: what is proposed, what came of it, and what became of a proposal.

Decides the words and the buttons. What a tool said stands in them as what it is: a result.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.describe import short
from integrations.contracts.delivery import Button
from learning.actions.redaction import redact_text
from learning.actions.summary import one_line
from learning.store.doors import Outbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from bot.acting.attempt import Tried
    from integrations.contracts.tools import Tool
    from learning.actions.contract import Acted
    from learning.store.store import Unit

_VALUE: Final = 1_000
_FILLED: Final = 3_000
_LABEL: Final = 40
_QUOTED: Final = 300

BECAME: Final = {
    "proposed": "It waits for a yes.",
    "approved": "It is approved and will be done in a moment.",
    "running": "It is being done.",
    "done": "It is done.",
    "failed": "It was tried and did not work.",
    "rejected": "It was rejected, and not done.",
    "expired": "Nobody decided within a day, so it was not done.",
    "unknown": "It was begun and broken off: nobody can tell whether it happened. Look before "
    "you try again.",
}
"""What became of an action, by its status."""

CANNOT_BE_KEPT: Final = (
    "There is a secret in this, and what waits to be done is kept until then. Give secrets to the "
    "tool's own settings (`tools` says how), and ask again without it."
)


class Voice(Protocol):
    """Says something first, and changes what was said; ``bot.speaking.Speaking`` does."""

    async def say(
        self,
        unit: Unit,
        *,
        surface: str,
        user_id: str,
        key: str,
        text: str,
        conversation_id: UUID | None = None,
        about: UUID | None = None,
        buttons: Sequence[Button] = (),
    ) -> UUID | None:
        """Say something once."""

    async def restate(
        self, unit: Unit, key: str, *, text: str | None = None, buttons: Sequence[Button] = ()
    ) -> bool:
        """Change what a message shows."""


class Telling:
    """Tells people, where they wanted it, what came of what they wanted.

    Args:
        voice: says it.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    async def over(
        self, unit: Unit, acted: Acted, text: str, buttons: Sequence[Button] = ()
    ) -> None:
        """Say in its conversation what came of an action, once; nothing where there is none.

        Also what is proposed outside of a turn: its buttons go once it is decided.
        """
        if acted.conversation_id is not None:
            await self._voice.say(
                unit,
                surface=acted.surface,
                user_id=acted.user_id,
                key=_key(acted.id, acted.status),
                text=text,
                conversation_id=acted.conversation_id,
                about=None if acted.status == "proposed" else acted.interaction_id,
                buttons=buttons,
            )

    async def settled(self, unit: Unit, acted: Acted, sentence: str) -> None:
        """Take the buttons of a proposal away from where it was shown, and say why."""
        answers = [] if acted.interaction_id is None else [f"answer:{acted.interaction_id}"]
        for key in [*answers, _key(acted.id, "proposed")]:
            outgoing = await Outbox(unit).of_key(key)
            if outgoing is None:
                continue
            shown = [Button(**button) for button in outgoing.body.get("buttons", ())]
            left = [button for button in shown if acted.id.hex not in button.line]
            if len(left) < len(shown):
                text = f"{outgoing.body['text']}\n\n_{sentence}_"
                await self._voice.restate(unit, key, text=text, buttons=left)


def keys_of(action_id: UUID) -> list[str]:
    """Return the keys of all that may have been said of an action outside of a turn."""
    return [_key(action_id, status) for status in BECAME]


def _key(action_id: UUID, status: str) -> str:
    return f"acted:{action_id}:{status}"


def buttons_of(acted: Acted) -> tuple[Button, ...]:
    """Return what can be pressed under a proposal."""
    id_, filled = acted.id.hex, lines_of(acted.params)
    change = Button(
        "Change",
        f"action change {id_}",
        asks="What is to be different? One line each: name: value",
        filled=filled,
    )
    return (
        Button("Do it", f"action accept {id_}", "primary"),
        *([change] if len(filled) <= _FILLED else []),
        Button("No", f"action reject {id_}"),
        *([Button("Stop these", f"action stop {id_}")] if acted.after else []),
    )


def begun(tool: Tool, waits: str) -> str:
    """Return what is said of something that goes on in the background."""
    text = f"I have begun: **{tool.title}**. It takes a while; I tell you what comes of it."
    return f"{text}\n\n_{waits}_" if waits else text


def retry_button(acted: Acted, words: Sequence[str]) -> Button:
    """Return the button of another try."""
    label = f"Try it with: {'; '.join(words)}" if words else "Try again"
    return Button(one_line(label, _LABEL), f"action accept {acted.id.hex}", "primary")


def preview(tool: Tool, acted: Acted, why: str, because: Sequence[str], summary: str = "") -> str:
    """Return what is proposed, for whoever decides."""
    said = [f"{summary or 'I can do this'}: **{tool.title}** (`{tool.name}`)"]
    if acted.params:
        said.append("\n".join(_shown(name, value) for name, value in acted.params.items()))
        if any(len(_text(value)) > _VALUE for value in acted.params.values()):
            # Nobody says yes to what they were not told is there.
            said.append(f"_It is longer than this: `action show {short(acted.id)}` has all of it._")
    said += [f"_{one_line(reason, 300)}_" for reason in because]
    return "\n\n".join([*said, f"{why} Shall I?"])


def told(tool: Tool, acted: Acted, tried: Tried, because: Sequence[str]) -> str:
    """Return what came of an action."""
    result, failure = tried.result, tried.failure
    said = []
    if result is not None:
        said.append(result.text.strip() or f"Done: {tool.title}.")
        if result.link and result.link not in result.text:
            said.append(result.link)
        if result.cut:
            said.append("_The rest is left out: it is too long._")
        said += [f"_{one_line(reason, 300)}_" for reason in because]
        if tried.notes:
            said.append(f"_It worked once I did this: {'; '.join(tried.notes)}._")
    elif failure is not None:
        said.append(f"**{tool.title}** did not work. {failure.message}")
        quoted = one_line(redact_text(failure.said), _QUOTED)
        # Our own tools say the same twice, with the parameter's name before it.
        if quoted and quoted.rpartition(": ")[2].casefold() not in failure.message.casefold():
            said.append(f"> {quoted}")
        if acted.status == "unknown":
            unsure = "Nobody can tell whether it happened: look before you try again."
            said.append(unsure if tool.effect != "reads" else "")
        elif len(tried.tries) > 1:
            said.append(f"I tried {len(tried.tries)} times.")
    return "\n\n".join(part for part in said if part)


def lines_of(params: Mapping[str, Any]) -> str:
    """Return parameters as lines that people can change, ``name: value``."""
    return "\n".join(
        f"{name}: "
        + (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).replace(
            "\n", "\n  "
        )
        for name, value in params.items()
    )


def params_from(text: str, schema: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Read parameters back from lines.

    A line that does not begin with the name of a parameter goes on with the one before.

    Raises:
        ValueError: with what is wrong, for whoever wrote them.
    """
    properties = schema.get("properties", {})
    found: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        head, colon, rest = line.partition(":")
        if colon and not line.startswith("  ") and (head.strip() in {*properties, *before}):
            name = head.strip()
            found[name] = rest.removeprefix(" ")
        elif name:
            found[name] += "\n" + line.removeprefix("  ")
        elif line.strip():
            names = ", ".join(f"`{each}`" for each in {**properties, **before})
            raise ValueError(f"“{one_line(line, 60)}” names no parameter. There are {names}.")
    if not found:
        raise ValueError("Say what it is to be, one line each: `name: value`.")
    return {key: value_of(raw.rstrip(), properties.get(key)) for key, raw in found.items()}


def value_of(raw: str, schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Return what a person typed as the value that a parameter takes."""
    wanted = schema.get("type") if isinstance(schema, dict) else None
    if wanted == "string":
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _shown(name: str, value: Any) -> str:  # noqa: ANN401 - JSON
    text = _text(value)
    if "\n" not in text.strip():
        return f"- {name}: {one_line(text, _VALUE)}"
    shortened = text if len(text) <= _VALUE else text[: _VALUE - 1] + "…"
    return f"- {name}:\n" + "\n".join(f"  > {line}" for line in shortened.strip().split("\n"))


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
