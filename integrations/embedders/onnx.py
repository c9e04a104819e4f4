"""Sentence embeddings from a model on disk, through ONNX Runtime.

Decides how tokens are batched and pooled. Refuses to download models and to
use more threads than it is given.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from integrations.contracts.embedder import EmbedderFailure
from integrations.embedders.rows import unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Encoding, Tokenizer

MAX_TOKENS: Final = 256
"""Tokens of a text that count; what sentence models were trained on."""
MAX_BATCH_TOKENS: Final = 1_024
"""Tokens of one run, padding included. Larger batches are no faster on a processor, and cost
memory: 80 MB beside the model at this size, 310 MB at four times it (all-MiniLM-L6-v2)."""
MAX_CHARS: Final = MAX_TOKENS * 40
"""Characters handed to the tokeniser: it would read a whole book for 256 tokens."""


class OnnxEmbedder:
    """A folder with ``model.onnx`` and ``tokenizer.json``, as Hugging Face exports it.

    Reads, where present, ``config.json`` (length limit), ``1_Pooling/config.json``
    (mean over the mask, or the first token) and ``config_sentence_transformers.json``
    (words before questions and passages).

    Args:
        folder: where the model is.
        threads: threads of one run.
    """

    def __init__(self, folder: Path, *, threads: int = 2) -> None:
        self._folder = folder
        self._threads = threads
        self._digest = ""
        self._dimension = 0
        self._prompts = ("", "")
        self._first_token = False
        self._session: Any = None
        self._inputs: tuple[str, ...] = ()
        self._tokenizer: Tokenizer | None = None
        # One worker: more would multiply the threads of a run.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="onnx")

    @property
    def name(self) -> str:
        """``onnx:FOLDER-DIGEST`` once open: two models never share a name."""
        return f"onnx:{self._folder.name}" + (f"-{self._digest}" if self._digest else "")

    @property
    def dimension(self) -> int:
        """Length of each vector. Known after ``open``."""
        return self._dimension

    async def open(self) -> None:
        """Load the model.

        Raises:
            EmbedderFailure: if the folder holds none that works.
        """
        await asyncio.get_running_loop().run_in_executor(self._worker, self._load)

    async def close(self) -> None:
        """Give back the model's memory and the thread."""
        await asyncio.to_thread(self._worker.shutdown)
        self._session = self._tokenizer = None

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return unit rows; see the port. Texts are cut after ``MAX_TOKENS``."""
        if self._session is None:
            raise EmbedderFailure(f"{self.name} is not open: call open() first")
        prompt = self._prompts[0 if query else 1]
        sent = [prompt + text[:MAX_CHARS] for text in texts]
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._run, sent)

    def _load(self) -> None:
        try:
            import onnxruntime  # noqa: PLC0415 - an extra, and 60 MB
            from tokenizers import Tokenizer  # noqa: PLC0415 - likewise
        except ImportError as error:
            raise EmbedderFailure(
                "embedding with onnx:DIR needs two more packages: pip install 'mynah[onnx]'"
            ) from error
        model = next(
            (p for n in ("model.onnx", "onnx/model.onnx") if (p := self._folder / n).is_file()),
            None,
        )
        tokens = self._folder / "tokenizer.json"
        if model is None or not tokens.is_file():
            raise EmbedderFailure(
                f"{self._folder} needs a model.onnx and a tokenizer.json: "
                "set MYNAH_EMBEDDER to onnx:DIR with the folder of an exported model"
            )
        config = self._json("config.json")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # The arena keeps the memory of the longest batch for good; without it speed is the same.
        options.enable_cpu_mem_arena = False
        try:
            with model.open("rb") as file:
                self._digest = hashlib.file_digest(file, "sha256").hexdigest()[:8]
            self._session = onnxruntime.InferenceSession(
                str(model), options, providers=["CPUExecutionProvider"]
            )
            self._inputs = tuple(each.name for each in self._session.get_inputs())
            self._tokenizer = Tokenizer.from_file(str(tokens))
            self._tokenizer.no_padding()
            limit = config.get("max_position_embeddings")
            self._tokenizer.enable_truncation(
                min(MAX_TOKENS, limit) if isinstance(limit, int) and limit > 0 else MAX_TOKENS
            )
            pooling = self._json("1_Pooling/config.json")
            self._first_token = bool(pooling.get("pooling_mode_cls_token", False))
            prompts = self._json("config_sentence_transformers.json").get("prompts") or {}
            self._prompts = (
                prompts.get("query", ""),
                prompts.get("passage", prompts.get("document", "")),
            )
            self._dimension = self._run(["hello"]).shape[1]
        except Exception as error:
            # Both libraries raise their own kinds, some of them bare Exception.
            self._session = None
            reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
            raise EmbedderFailure(
                f"the model in {self._folder} cannot be used ({reason[0][:200]}): "
                "export it again, or set MYNAH_EMBEDDER to another one"
            ) from error

    def _json(self, name: str) -> dict[str, Any]:
        try:
            read = json.loads((self._folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return read if isinstance(read, dict) else {}

    def _run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._tokenizer is None:
            raise EmbedderFailure(f"{self.name} is not open: call open() first")
        encoded = self._tokenizer.encode_batch(list(texts))
        # Texts of like length together: padding costs as much as words.
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        rows = np.zeros((len(encoded), self._dimension), np.float32)
        start = 0
        while start < len(order):
            stop = start + 1
            while (
                stop < len(order)
                and (stop + 1 - start) * len(encoded[order[stop]].ids) <= MAX_BATCH_TOKENS
            ):
                stop += 1
            chosen = order[start:stop]
            vectors = self._pooled([encoded[i] for i in chosen])
            if not self._dimension:
                rows = np.zeros((len(encoded), vectors.shape[1]), np.float32)
            rows[chosen] = vectors
            start = stop
        return unit(rows) if len(encoded) else rows

    def _pooled(self, encoded: Sequence[Encoding]) -> NDArray[np.float32]:
        # A model runs on one token at least, whatever the text.
        width = max(1, *(len(each.ids) for each in encoded))
        ids = np.zeros((len(encoded), width), np.int64)
        mask = np.zeros_like(ids)
        for row, each in enumerate(encoded):
            ids[row, : len(each.ids)] = each.ids
            mask[row, : len(each.ids)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        output = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        vectors = np.asarray(output, np.float32)
        if vectors.ndim == 2:  # noqa: PLR2004 - texts × dimension: the model pools by itself
            return vectors
        if self._first_token:
            return vectors[:, 0]
        weight = mask[:, :, None].astype(np.float32)
        pooled: NDArray[np.float32] = (vectors * weight).sum(axis=1) / np.maximum(
            weight.sum(axis=1), 1.0
        )
        return pooled
