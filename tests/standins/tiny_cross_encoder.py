"""Writes a tiny ONNX cross-encoder: a pair's score is what the words of its text are worth.

The question's words and the padding count for nothing, so that a mix-up of the two shows.
The protobuf is written by hand, as in ``tiny_onnx``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from tests.standins.tiny_onnx import _FLOAT, _INT64, _bytes, _number, _tensor, _value

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WORTH: Final = {"[PAD]": 900.0, "[UNK]": 0.0, "bad": -1.0, "fair": 1.0, "good": 2.0}
INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")
_INT, _INTS = 2, 7


def _node(op: str, takes: tuple[str, ...], gives: str, *attributes: bytes) -> bytes:
    node = b"".join(_bytes(1, name) for name in takes) + _bytes(2, gives) + _bytes(4, op)
    return _bytes(1, node + b"".join(_bytes(5, attribute) for attribute in attributes))


def _model(columns: int) -> bytes:
    table: NDArray[np.float32] = np.array([[v] * columns for v in WORTH.values()], np.float32)
    to_float = _bytes(1, "to") + _number(3, _FLOAT) + _number(20, _INT)
    axes = _bytes(1, "axes") + _number(8, 1) + _number(20, _INTS)
    flat = _bytes(1, "keepdims") + _number(3, 0) + _number(20, _INT)
    last = _bytes(1, "axes") + _number(8, 2) + _number(20, _INTS)
    graph = (
        _node("Gather", ("table", "input_ids"), "worth")
        + _node("Mul", ("attention_mask", "token_type_ids"), "counts")
        + _node("Cast", ("counts",), "wide", to_float)
        + _node("Unsqueeze", ("wide",), "column", last)
        + _node("Mul", ("worth", "column"), "masked")
        + _node("ReduceSum", ("masked",), "logits", axes, flat)
        + _bytes(2, "tiny")
        + _bytes(5, _tensor("table", table))
    )
    for name in INPUTS:
        graph += _bytes(11, _value(name, _INT64, ("batch", "length")))
    graph += _bytes(12, _value("logits", _FLOAT, ("batch", columns)))
    return _number(1, 7) + _bytes(7, graph) + _bytes(8, _number(2, 12))


def write(folder: Path, *, columns: int = 1, **config: object) -> Path:
    """Write the model; ``columns`` is how many numbers it gives a pair."""
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(_model(columns))
    words = {word: index for index, word in enumerate(WORTH)}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    if config:
        (folder / "config.json").write_text(json.dumps(config))
    return folder
