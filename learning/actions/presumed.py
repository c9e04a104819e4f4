"""What may not be filled in from what was done before: what somebody means, and for whom.

Decides which lessons would put words into a person's mouth. That a time has to be written in
another way is learned; that it is Friday again is not. Refuses to know how lessons come about.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from learning.actions.demands import properties
from learning.actions.fields import get, put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.actions.lessons import Lesson
    from learning.actions.patterns import Prepared

_MEANT: Final = frozenset({
    "about", "amount", "assignee", "at", "audience", "bcc", "body", "cc", "channel", "content",
    "date", "description", "destination", "detail", "due", "email", "message", "name", "number",
    "private", "prompt", "project", "public", "query", "recipient", "recipients", "room", "shared",
    "subject", "target", "task", "text", "time", "title", "to", "user", "visibility", "when",
    "where",
})  # fmt: skip
"""Parameters that say what is meant, when, for whom, and who sees it."""


def presumes(lesson: Lesson, schema: Mapping[str, Any]) -> bool:
    """Tell whether a lesson would say for somebody what only they can say.

    A value that the tool's schema states is form, and so is the same value written otherwise.

    Args:
        lesson: what was learned.
        schema: the tool's JSON Schema.
    """
    if not lesson.constant or lesson.field.rpartition(".")[2].casefold() not in _MEANT:
        return False
    value, rule = lesson.steps[0][1], properties(schema).get(lesson.field, {})
    stated = [*(rule.get("enum") or ()), rule.get("default"), rule.get("const")]
    said = [when.value for when in lesson.when if (when.field, when.test) == (lesson.field, "is")]
    return value not in stated and not any(_bare(value) == _bare(each) for each in said)


def kept(asked: Mapping[str, Any], prepared: Prepared, schema: Mapping[str, Any]) -> Prepared:
    """Return what to send, with what was meant left as it was said, or left out.

    Args:
        asked: the parameters as they are wanted.
        prepared: what would be sent.
        schema: the tool's JSON Schema.
    """
    params = dict(prepared.params)
    for applied in prepared.applied:
        if presumes(applied.lesson, schema):
            field = applied.lesson.field
            params = put(params, field, get(asked, field))
    left = tuple(each for each in prepared.applied if not presumes(each.lesson, schema))
    return replace(prepared, params=params, applied=left)


def _bare(value: object) -> str:
    return re.sub(r"[\W_]+", "", str(value)).casefold()
