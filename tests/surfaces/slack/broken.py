"""JSON that nobody meant: anything at all, and real payloads with one part replaced."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.surfaces.slack.payloads import Json

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(["", "U1", "C1", "T1", "99999999999.1", "1763750000.000100", "<@U1>", "<"])
)
anything: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@st.composite
def broken(draw: st.DrawFn, samples: Sequence[Json]) -> Json:
    """Draw a real payload of which some parts are missing, or something else."""
    body = copy.deepcopy(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(body))
        holder, key = draw(st.sampled_from(places))
        if draw(st.booleans()):
            holder[key] = draw(anything)
        elif isinstance(holder, dict):
            holder.pop(key, None)
    return body


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Return every place in a payload that holds something."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    found: list[tuple[Any, Any]] = [(node, key) for key in keys]
    for key in keys:
        if isinstance(node[key], dict | list):
            found += _places(node[key])
    return found
