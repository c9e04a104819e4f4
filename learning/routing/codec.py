"""How the state of a policy becomes bytes and comes back.

Decides the stored form: one JSON object whose arrays are base64 of 64-bit floats,
so that it is read in well under a millisecond and holds no code. Refuses to know
where the bytes are kept and what the numbers mean.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.routing.contract import Floats

FORMAT: Final = 2


class UnreadableState(ValueError):  # noqa: N818 - its name is what happened
    """The stored state is of another format or policy; start empty and credit again."""


def pack(kind: str, fields: Mapping[str, Any]) -> bytes:
    """Return fields as bytes.

    Args:
        kind: whose state it is; ``unpack`` asks for the same.
        fields: JSON-ready values, and arrays.
    """
    coded = {name: _coded(value) for name, value in fields.items()}
    return json.dumps({"format": FORMAT, "kind": kind, "fields": coded}).encode()


def unpack(kind: str, stored: bytes) -> dict[str, Any]:
    """Read back what ``pack`` wrote.

    Raises:
        UnreadableState: if it is of another format or kind, cut short, or holds what is
            not a number.
    """
    try:
        data = json.loads(stored, parse_constant=_no_number)
        found, written = data["kind"], data["format"]
        fields = {name: _decoded(value) for name, value in data["fields"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableState(
            f"the stored state of {kind!r} cannot be read: start from an empty state and credit "
            "the feedback again"
        ) from error
    if (found, written) != (kind, FORMAT):
        raise UnreadableState(
            f"the stored state is of {found!r} in format {written}, expected {kind!r} in format "
            f"{FORMAT}: start from an empty state and credit the feedback again"
        )
    return fields


def shaped(fields: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> Floats:
    """Return the array of that name.

    Raises:
        UnreadableState: if it is not there or of another shape.
    """
    value = fields.get(name)
    if not isinstance(value, np.ndarray) or value.shape != shape:
        found = getattr(value, "shape", "nothing")
        raise UnreadableState(
            f"the stored {name} are {found}, expected {shape}: start from an empty state and "
            "credit the feedback again"
        )
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _coded(value: object) -> object:
    if isinstance(value, np.ndarray):
        numbers = np.ascontiguousarray(value, dtype="<f8")
        return {"shape": list(value.shape), "f8": base64.b64encode(numbers.tobytes()).decode()}
    return value


def _decoded(value: object) -> object:
    if not isinstance(value, dict) or "f8" not in value:
        return value
    numbers = np.frombuffer(base64.b64decode(value["f8"]), dtype="<f8").astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("not a number")
    return numbers.reshape(value["shape"])
