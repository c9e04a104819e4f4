"""Turns text into the terms of lexical search, and term counts into BM25 weights.

Decides what counts as a term: folded, stemmed words; identifiers and their
parts; numbers; character bigrams for scripts that write no spaces. Refuses to
know where the terms are stored. Only keyed hashes of terms are meant to reach
a table, so that a stolen table cannot be read back without the key.
"""

from __future__ import annotations

import hashlib
import math
import re
import threading
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import snowballstemmer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_CHARS: Final = 100_000
"""Characters of a text that are read; what follows is not searchable by words."""
MAX_TOKENS: Final = 8_192
"""Tokens of a text that are read; bounds the time."""
MAX_LEXEMES: Final = 16_000
"""Different lexemes of a text: the most non-zero elements a ``sparsevec`` takes."""
MAX_TOKEN_CHARS: Final = 64
"""Longer tokens (keys, encoded data) are cut: nobody searches for their tails."""

TERM_SPACE: Final = 1_000_000_000
"""Dimension of the sparse vectors: the largest that pgvector's ``sparsevec`` takes."""

K1: Final = 1.2
B: Final = 0.75
AVERAGE_LENGTH: Final = 30.0
"""The length, in terms, that BM25 takes as usual, whatever the scope holds.

A fixed figure beats the running mean where messages differ much in length: it
holds long ones back however many there are, and weights never go stale.
"""

STOP_WORDS: Final = frozenset(
    """
    a about after again all also although am an and any are aren as at be because been before
    being both but by can cannot could couldn did didn do does doesn doing don during each either
    else ever every few for from further had hadn has hasn have haven having he her here hers
    herself him himself his how however i if in into is isn it its itself just let ll me might
    mine more most much must mustn my myself neither nor not now of off on once only onto or other
    our ours ourselves out over own per quite rather re same shall shan she should shouldn since so
    some such than that the their theirs them themselves then there these they this those though
    through thus to too under until up upon us ve very was wasn we were weren what whatever when
    where whether which while who whom whose why will with within without won would wouldn yet you
    your yours yourself yourselves
    """.split()  # noqa: SIM905 - 180 quoted words would read worse
)
"""English function words, folded; they carry no topic. Not "may", which is also a month."""

# Vowel signs and other marks are part of a word, but ``\w`` does not take them.
_MARKS = (
    r"\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670"  # Latin, Hebrew, Arabic
    r"\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e"  # Indic scripts, Thai
    r"\u0eb1-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3"  # Lao, Burmese, Khmer
)
_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    r"\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and Han
    r"\U00020000-\U0003ffff"
)
_TOKEN = re.compile(
    r"[A-Za-z](?:\+\+|#)(?!\w)"  # C++, C#
    r"|\d{1,3}(?:,\d{3})+(?![\w,])"  # 12,500
    rf"|[\w{_MARKS}]+(?:[.'’][\w{_MARKS}]+)*"  # words, identifiers, dotted paths, 3.14
)
_RUN = re.compile(rf"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d_]+")
_APOSTROPHE = re.compile("['’]")
_CLITICS = frozenset({"s", "t", "d", "m", "ll", "re", "ve"})


def lexemes(text: str) -> Counter[str]:
    """Return the terms of a text and how often each occurs.

    Long texts are read up to ``MAX_CHARS``, ``MAX_TOKENS`` and ``MAX_LEXEMES``.
    """
    found: Counter[str] = Counter()
    for token, times in Counter(_tokens(text)).items():
        for lexeme in _lexemes_of(token):
            if len(found) < MAX_LEXEMES or lexeme in found:
                found[lexeme] += times
    return found


def _tokens(text: str) -> Iterator[str]:
    normal = text[:MAX_CHARS]
    if not normal.isascii():
        normal = unicodedata.normalize("NFKC", normal)[:MAX_CHARS]
    for _, match in zip(range(MAX_TOKENS), _TOKEN.finditer(normal), strict=False):
        yield match[0][:MAX_TOKEN_CHARS]


# Bounded, and holds single words only; a text cannot be read back from it.
@lru_cache(maxsize=65_536)
def _lexemes_of(token: str) -> tuple[str, ...]:
    if token.isascii() and token.isalpha() and (token.islower() or token[1:].islower()):
        return _word(token)
    if token[-1] in "+#" or not any(ch.isalpha() for ch in token):
        return (token.casefold().replace(",", ""),)
    return tuple(dict.fromkeys(_compound(token)))


def _compound(token: str) -> Iterator[str]:
    """Yield the whole of an identifier, then its parts."""
    whole, *clitics = _APOSTROPHE.split(token)
    names = [whole, *(part for part in clitics if part.casefold() not in _CLITICS)]
    for name in names:
        parts: list[str] = []
        for run in _RUN.findall(name):
            if re.match(rf"[{_UNSPACED}]", run):
                parts.extend(_bigrams(run))
            else:
                for piece in re.split(r"[._]", run):
                    for hump in _HUMP.findall(piece) if piece.isascii() else [piece]:
                        parts.extend(_word(hump))
        if not _RUN.match(name) or not re.search(rf"[{_UNSPACED}]", name):
            yield from _word(name.strip("._"))
        yield from parts


def _word(word: str) -> tuple[str, ...]:
    folded = word.casefold()
    if not folded or folded in STOP_WORDS:
        return ()
    if folded.isascii() and folded.isalpha():
        return (_stem(folded),)
    return (folded,)


def _bigrams(run: str) -> Iterable[str]:
    return (run,) if len(run) == 1 else (a + b for a, b in pairwise(run))


class _Stemmer(threading.local):
    """One stemmer a thread: it keeps the word it works on inside itself."""

    def __init__(self) -> None:
        self.english = snowballstemmer.stemmer("english")


_STEMMER: Final = _Stemmer()


def _stem(word: str) -> str:
    stem: str = _STEMMER.english.stemWord(word)
    return stem


class LexemeHasher:
    """Hashes lexemes with a secret, so that words never reach a table in clear.

    Args:
        key: the secret, 16 to 64 bytes. Another key gives other terms, so
            changing it means indexing anew.

    Raises:
        ValueError: if the key is too short to be a secret, or too long for BLAKE2b.
    """

    def __init__(self, key: bytes) -> None:
        if not _KEY_BYTES[0] <= len(key) <= _KEY_BYTES[1]:
            raise ValueError(
                f"the lexeme key has {len(key)} bytes: give {_KEY_BYTES[0]} to {_KEY_BYTES[1]}"
            )
        self._key = key
        self._term = lru_cache(maxsize=65_536)(self._hash)

    def term(self, lexeme: str) -> int:
        """Return the lexeme's term: an index in ``[1, TERM_SPACE)``."""
        return self._term(lexeme)

    def terms(self, text: str) -> dict[int, int]:
        """Return term → frequency for a text, a document's or a query's."""
        found: dict[int, int] = {}
        for lexeme, times in lexemes(text).items():
            term = self._term(lexeme)
            found[term] = found.get(term, 0) + times
        return found

    def _hash(self, lexeme: str) -> int:
        digest = hashlib.blake2b(
            lexeme.encode("utf-8", "surrogatepass"),
            digest_size=8,
            key=self._key,
            person=b"mynah-lexeme",
        ).digest()
        return int.from_bytes(digest, "big") % (TERM_SPACE - 1) + 1


_KEY_BYTES: Final = (16, hashlib.blake2b.MAX_KEY_SIZE)


def terms_for_index(text: str, key: bytes) -> dict[int, int]:
    """Return term → frequency for one text; for many, keep a ``LexemeHasher``."""
    return LexemeHasher(key).terms(text)


def bm25_weights(
    tf: Mapping[int, int],
    length: int,
    average_length: float = AVERAGE_LENGTH,
    k1: float = K1,
    b: float = B,
) -> dict[int, float]:
    """Return the document's side of BM25; its inner product with idf is the score.

    ``tf·(k1+1) / (tf + k1·(1 − b + b·length/average_length))``, after Robertson
    and Zaragoza, "The Probabilistic Relevance Framework" (2009).

    Args:
        tf: term → frequency in the document.
        length: the document's length in terms, ``sum(tf.values())``.
        average_length: the mean length of documents; must be positive.
        k1: how fast repeats of a term stop counting.
        b: how much long documents are held back, 0 to 1.

    Raises:
        ValueError: if the average length is not positive.
    """
    if average_length <= 0:
        raise ValueError(f"the average length is {average_length}: it must be above 0")
    norm = k1 * (1 - b + b * length / average_length)
    return {term: times * (k1 + 1) / (times + norm) for term, times in tf.items()}


def idf(df: int, n: int) -> float:
    """Return ``ln(1 + (n − df + ½)/(df + ½))``: never negative, large for rare terms.

    Args:
        df: documents of the scope that hold the term.
        n: documents of the scope; a stale count below ``df`` is read as ``df``.
    """
    return math.log1p((max(n, df) - df + 0.5) / (df + 0.5))
