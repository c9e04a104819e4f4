"""How the state of the default policy becomes bytes and comes back.

Decides the stored form: one NumPy archive of arrays and a JSON header, without
pickles. Refuses to know where the bytes are kept.
"""

from __future__ import annotations

import io
import json
from typing import Any, Final

import numpy as np

from learning.routing.guarded import Remembered, State
from learning.routing.hierarchy import WIDTH, Sums
from learning.routing.topics import Topics

FORMAT: Final = 1


def dump(state: State) -> bytes:
    """Return the state as bytes: a few kilobytes once topics were found."""
    header = {
        "format": FORMAT,
        "names": state.names,
        "versions": state.versions,
        "epochs": state.epochs,
        "trusted": state.trusted,
        "alarms": state.alarms,
        "embedder": state.embedder,
        "early": [[kept.arm, kept.reward, kept.weight] for kept in state.early],
    }
    arrays: dict[str, Any] = {
        "header": np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
        "squares": state.sums.squares,
        "products": state.sums.products,
        "counts": state.sums.counts,
        "rewards": state.sums.rewards,
        "change": state.change,
        "answered": state.answered,
    }
    if state.seen:
        arrays["seen"] = np.array(state.seen)
    if state.early:
        arrays["early_types"] = np.array([kept.types for kept in state.early])
        arrays["early_vectors"] = np.array([kept.vector for kept in state.early])
    if state.topics is not None:
        arrays |= {
            "centre": state.topics.centre,
            "basis": state.topics.basis,
            "middles": state.topics.middles,
            "spread": np.array(state.topics.spread),
        }
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def load(stored: bytes) -> State:
    """Read back what ``dump`` wrote.

    Raises:
        ValueError: if it is of another format; start from an empty state then.
    """
    with np.load(io.BytesIO(stored), allow_pickle=False) as archive:
        arrays = dict(archive.items())
    header = json.loads(arrays["header"].tobytes())
    width = arrays["products"].shape[1]
    if header["format"] != FORMAT or width != WIDTH:
        raise ValueError(
            f"the routing state is of format {header['format']} with {width} features, expected "
            f"{FORMAT} with {WIDTH}: start from an empty state and credit the feedback again"
        )
    sums = Sums(*(arrays[name] for name in ("squares", "products", "counts", "rewards")))
    state = State(
        names=header["names"],
        versions=header["versions"],
        epochs=header["epochs"],
        sums=sums,
        change=arrays["change"],
        trusted=header["trusted"],
        alarms=header["alarms"],
        answered=arrays["answered"],
        embedder=header["embedder"],
        seen=list(arrays.get("seen", ())),
    )
    if header["early"]:
        rows = zip(arrays["early_types"], arrays["early_vectors"], header["early"], strict=True)
        state.early = [Remembered(types, vector, *rest) for types, vector, rest in rows]
    if "centre" in arrays:
        state.topics = Topics(
            arrays["centre"], arrays["basis"], arrays["middles"], float(arrays["spread"])
        )
    return state
