"""Writes a tiny ONNX model and its tokenizer: each word has a fixed vector.

The protobuf is written by hand (a tag, a length, the bytes), because a model
of one node is not worth a dependency.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WORDS = ("[PAD]", "[UNK]", "red", "green", "blue", "query:")
TABLE = np.array(
    [[9, 9, 9], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 5]],
    np.float32,
)
"""Vector of each word; the padding's is large, so that a mask that leaks shows."""

_FLOAT, _INT64 = 1, 7


def _varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _bytes(tag: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(tag << 3 | 2) + _varint(len(data)) + data


def _tensor(name: str, array: NDArray[np.float32]) -> bytes:
    dims = b"".join(_number(1, size) for size in array.shape)
    return dims + _number(2, _FLOAT) + _bytes(8, name) + _bytes(9, array.tobytes())


def _value(name: str, kind: int, dims: tuple[str | int, ...]) -> bytes:
    shape = b"".join(
        _bytes(1, _bytes(2, dim) if isinstance(dim, str) else _number(1, dim)) for dim in dims
    )
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _model(table: NDArray[np.float32]) -> bytes:
    gather = (
        _bytes(1, "table")
        + _bytes(1, "input_ids")
        + _bytes(2, "last_hidden_state")
        + _bytes(4, "Gather")
    )
    graph = _bytes(1, gather) + _bytes(2, "tiny") + _bytes(5, _tensor("table", table))
    for name in ("input_ids", "attention_mask"):
        graph += _bytes(11, _value(name, _INT64, ("batch", "length")))
    graph += _bytes(12, _value("last_hidden_state", _FLOAT, ("batch", "length", table.shape[1])))
    opset = _number(2, 13)
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, opset)


def write(folder: Path, *, table: NDArray[np.float32] = TABLE, **files: object) -> Path:
    """Write the model; ``files`` maps names without ``.json`` to what they hold."""
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(_model(table))
    words = {word: index for index, word in enumerate(WORDS)}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    return folder
