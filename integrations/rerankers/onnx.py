"""A cross-encoder from a model on disk, through ONNX Runtime.

Decides how pairs are batched. Refuses to download models, to use more threads than it
is given, and to know how long anybody will wait: ``timely`` sees to that.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from integrations.contracts.reranker import RerankerFailure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Encoding, Tokenizer

MAX_TOKENS: Final = 256
"""Tokens of a question and a text together; the text is cut, not the question."""
MAX_QUERY_CHARS: Final = 600
"""Characters of the question that are read, so that room is left for the text."""
MAX_CHARS: Final = MAX_TOKENS * 40
"""Characters of a text that are handed to the tokeniser."""
MAX_BATCH_TOKENS: Final = 1_024
"""Tokens of one run, padding included: bounds the memory, and is as fast on a processor."""
MODELS: Final = ("model.onnx", "onnx/model.onnx", "model_optimized.onnx", "model_quantized.onnx")


class OnnxReranker:
    """A folder with a cross-encoder's ``model.onnx`` and ``tokenizer.json``.

    The model takes ``input_ids``, and where it has them ``attention_mask`` and
    ``token_type_ids``, and returns one number a pair, or two of which the last says yes.

    Args:
        folder: where the model is.
        threads: threads of one run.
    """

    def __init__(self, folder: Path, *, threads: int = 2) -> None:
        self._folder = folder
        self._threads = threads
        self._digest = ""
        self._session: Any = None
        self._inputs: tuple[str, ...] = ()
        self._tokenizer: Tokenizer | None = None
        # One worker: more would multiply the threads of a run.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reranker")

    @property
    def id(self) -> str:
        """``onnx:FOLDER-DIGEST`` once open."""
        return f"onnx:{self._folder.name}" + (f"-{self._digest}" if self._digest else "")

    async def open(self) -> None:
        """Load the model.

        Raises:
            RerankerFailure: if the folder holds none that works.
        """
        await asyncio.get_running_loop().run_in_executor(self._worker, self._load)

    async def close(self) -> None:
        """Give back the model's memory and the thread."""
        await asyncio.to_thread(self._worker.shutdown, cancel_futures=True)
        self._session = self._tokenizer = None

    async def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return a score for each text; see the port."""
        if self._session is None:
            raise RerankerFailure(f"{self.id} is not open: call open() first")
        return await asyncio.get_running_loop().run_in_executor(
            self._worker, self._run, query, list(texts)
        )

    def _load(self) -> None:
        try:
            import onnxruntime  # noqa: PLC0415 - an extra, and 60 MB
            from tokenizers import Tokenizer  # noqa: PLC0415 - likewise
        except ImportError as error:
            raise RerankerFailure(
                "reranking with onnx:DIR needs two more packages: pip install 'mynah[onnx]'"
            ) from error
        model = next((p for n in MODELS if (p := self._folder / n).is_file()), None)
        tokens = self._folder / "tokenizer.json"
        if model is None or not tokens.is_file():
            raise RerankerFailure(
                f"{self._folder} needs a model.onnx and a tokenizer.json: "
                "set MYNAH_RERANKER to onnx:DIR with the folder of an exported cross-encoder"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it would keep the longest batch's memory for good
        try:
            with model.open("rb") as file:
                self._digest = hashlib.file_digest(file, "sha256").hexdigest()[:8]
            self._session = onnxruntime.InferenceSession(
                str(model), options, providers=["CPUExecutionProvider"]
            )
            self._inputs = tuple(each.name for each in self._session.get_inputs())
            self._tokenizer = Tokenizer.from_file(str(tokens))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(self._limit(), strategy="only_second")
            self._run("hello", ["hello"])
        except Exception as error:
            # Both libraries raise their own kinds, some of them bare Exception.
            self._session = None
            reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
            raise RerankerFailure(
                f"the model in {self._folder} cannot be used ({reason[0][:200]}): "
                "export it again, or set MYNAH_RERANKER=off"
            ) from error

    def _limit(self) -> int:
        try:
            config = json.loads((self._folder / "config.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return MAX_TOKENS
        limit = config.get("max_position_embeddings") if isinstance(config, dict) else None
        return min(MAX_TOKENS, limit) if isinstance(limit, int) and limit > 0 else MAX_TOKENS

    def _run(self, query: str, texts: Sequence[str]) -> list[float]:
        if self._tokenizer is None:
            raise RerankerFailure(f"{self.id} is not open: call open() first")
        asked = query[:MAX_QUERY_CHARS]
        encoded = self._tokenizer.encode_batch([(asked, text[:MAX_CHARS]) for text in texts])
        scores = np.zeros(len(encoded))
        # Texts of like length together: padding costs as much as words.
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        start = 0
        while start < len(order):
            stop = start + 1
            while (
                stop < len(order)
                and (stop + 1 - start) * len(encoded[order[stop]].ids) <= MAX_BATCH_TOKENS
            ):
                stop += 1
            chosen = order[start:stop]
            scores[chosen] = self._scored([encoded[i] for i in chosen])
            start = stop
        return [float(score) for score in scores]

    def _scored(self, encoded: Sequence[Encoding]) -> NDArray[np.float32]:
        width = max(1, *(len(each.ids) for each in encoded))
        ids = np.zeros((len(encoded), width), np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        for row, each in enumerate(encoded):
            ids[row, : len(each.ids)] = each.ids
            mask[row, : len(each.ids)] = 1
            types[row, : len(each.ids)] = each.type_ids
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        output = self._session.run(None, {n: given[n] for n in self._inputs})[0]
        scores = np.asarray(output, np.float32).reshape(len(encoded), -1)
        if scores.shape[1] == 2:  # noqa: PLR2004 - no and yes
            return scores[:, 1] - scores[:, 0]
        if scores.shape[1] != 1:
            raise RerankerFailure(
                f"{self.id} gives {scores.shape[1]} numbers a pair where a reranker gives one: "
                "set MYNAH_RERANKER to the folder of a cross-encoder"
            )
        return scores[:, 0]
