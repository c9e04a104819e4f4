"""Words and parts of words, as numbers: the features of the hashing embedder.

Decides what in a text is a word, a part of one, or a symbol, in any script,
and how much each counts. Refuses to know what becomes of the numbers.

Everything is computed over arrays of code points for many texts at once: the
plain loop is ten times slower. Arithmetic is on 64-bit integers that wrap
around, the same on every machine.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.uint64]
    Positions = NDArray[np.intp]
    Weights = NDArray[np.float64]

_SPACED_GRAMS: Final = (3, 4, 5)
_DENSE_GRAMS: Final = ((1, 0.5), (2, 1.0), (3, 0.7))
"""Sizes and weights; a script without spaces says in two characters what others say in a word."""
_GRAM_ENERGY: Final = 2.0
"""Squared weight of all n-grams of a word together, beside 1 for the word itself."""
_FUNCTION_WORD: Final = 0.1
_BY_LENGTH: Final = np.array([0.0, 0.2, 0.35, 0.5, 0.7, 0.9, 1.1, 1.3, 1.4, 1.5])
"""Weight of words of 0 to 9 and more characters.

It stands in for the rarity of words, which is not known here: frequent words
are short in every language (Zipf 1935).
"""

_FUNCTION_WORDS: Final = (
    "a about after all also am an and any are as at be because been before being but by can could "
    "did do does doing don for from get got had has have he her here him his how i if in into is "
    "it its just like ll me more my no not of on or our out over re s she should so some t than "
    "that the their them then there these they this those to too up us ve very was we were what "
    "when where which while who whom why will with would you your "
    "das der die ein eine ist mit nicht und von zu "
    "dans des du est et la le les pas pour que qui sur un une "
    "con de el en es los las lo para por se su una y "
    "che da di il non per sono com em nao os uma "
    "в и на не с что это как по но он она они я мы вы за от из у к о"
)

_SPACED, _SEPARATOR, _SYMBOL, _DENSE = range(4)
_KINDS: Final = (
    # Controls, punctuation and signs of ASCII and Latin-1: never part of a word.
    (0x0000, 0x002F, _SEPARATOR),
    (0x003A, 0x0040, _SEPARATOR),
    (0x005B, 0x0060, _SEPARATOR),
    (0x007B, 0x00A9, _SEPARATOR),
    (0x00AB, 0x00B4, _SEPARATOR),
    (0x00B6, 0x00B9, _SEPARATOR),
    (0x00BB, 0x00BF, _SEPARATOR),
    (0x00D7, 0x00D7, _SEPARATOR),
    (0x00F7, 0x00F7, _SEPARATOR),
    # Armenian, Hebrew, Arabic and Devanagari punctuation.
    (0x055A, 0x055F, _SEPARATOR),
    (0x05BE, 0x05BE, _SEPARATOR),
    (0x060C, 0x061F, _SEPARATOR),
    (0x06D4, 0x06D4, _SEPARATOR),
    (0x0964, 0x0965, _SEPARATOR),
    # Thai, Lao, Burmese, Khmer.
    (0x0E00, 0x0EFF, _DENSE),
    (0x1000, 0x109F, _DENSE),
    (0x1780, 0x17FF, _DENSE),
    # Typographic punctuation with the joiner of emoji; arrows, boxes; emoji of old.
    (0x2000, 0x206F, _SEPARATOR),
    (0x2190, 0x25FF, _SEPARATOR),
    (0x2600, 0x27BF, _SYMBOL),
    (0x27C0, 0x2BFF, _SEPARATOR),
    # East Asian punctuation, kana, Han.
    (0x3000, 0x3004, _SEPARATOR),
    (0x3005, 0x3007, _DENSE),
    (0x3008, 0x3020, _SEPARATOR),
    (0x3021, 0x30FF, _DENSE),
    (0x3400, 0x4DBF, _DENSE),
    (0x4E00, 0x9FFF, _DENSE),
    (0xF900, 0xFAFF, _DENSE),
    # Variation selectors, full-width punctuation, replacement character.
    (0xFE00, 0xFE0F, _SEPARATOR),
    (0xFF00, 0xFF0F, _SEPARATOR),
    (0xFFF0, 0xFFFF, _SEPARATOR),
    # Emoji, apart from skin tones: a thumb is a thumb.
    (0x1F000, 0x1F3FA, _SYMBOL),
    (0x1F3FB, 0x1F3FF, _SEPARATOR),
    (0x1F400, 0x1FAFF, _SYMBOL),
    (0x20000, 0x3FFFF, _DENSE),
)
"""First and last code point, and what they are; everything else is a letter or a digit."""
_FIRST = np.array([first for first, _, _ in _KINDS], np.uint64)
_LAST = np.array([last for _, last, _ in _KINDS], np.uint64)
_KIND = np.array([kind for _, _, kind in _KINDS], np.int8)

_COMPOUND = re.compile(r"[^\W_]*(?:[a-z\d][A-Z]|[A-Z][A-Z][a-z]|[^\W_]_+[^\W_])\w*")
_HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+")
# Accents of Latin, Greek and Cyrillic; Hebrew and Arabic points. Vowel signs elsewhere stay.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670]+")


@dataclass(frozen=True, slots=True)
class Features:
    """Features of several texts, one row for each occurrence.

    Attributes:
        text: index of the text.
        hash: 64 well-mixed bits that name the feature.
        weight: how much the occurrence counts, positive.
    """

    text: Positions
    hash: Codes
    weight: Weights


def fold(text: str) -> str:
    """Return the text without case and accents, with the parts of identifiers added."""
    text = _COMPOUND.sub(lambda m: f"{m[0].replace('_', '')} {_HUMP.sub(' ', m[0])}", text)
    if text.isascii():
        return text.lower()
    # KD also turns Hangul into letters, so that Korean endings are sub-words like any others.
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def features(folded: Sequence[str]) -> Features:
    """Return the features of texts that went through ``fold``."""
    codes, text, kind = _lay_out(folded)
    inside = codes != 0
    first = inside.copy()
    first[1:] &= ~inside[:-1]
    starts = np.flatnonzero(first)
    if not starts.size:
        nothing = np.zeros(0, np.intp)
        return Features(nothing, np.zeros(0, np.uint64), np.zeros(0))
    word = np.cumsum(first) - 1
    words = _word_hashes(codes[inside], word[inside], np.flatnonzero(first[inside]))
    weight = _word_weights(codes, kind, starts, np.bincount(word[inside]), words)

    whole = kind[starts] != _DENSE
    owners, hashes, weights = [starts[whole]], [words[whole]], [weight[whole]]
    spaced = list(_spaced_grams(codes, inside & (kind == _SPACED)))
    count = np.bincount(np.concatenate([word[at] for at, _ in spaced]), minlength=starts.size)
    for at, grams in spaced:
        owners.append(at)
        hashes.append(grams)
        weights.append(weight[word[at]] * np.sqrt(_GRAM_ENERGY / count[word[at]]))
    for size, each in _DENSE_GRAMS:
        at = _windows(inside & (kind == _DENSE), size)
        owners.append(at)
        hashes.append(_window_hashes(codes, at, size))
        weights.append(np.full(at.size, each))
    return Features(text[np.concatenate(owners)], np.concatenate(hashes), np.concatenate(weights))


def _lay_out(folded: Sequence[str]) -> tuple[Codes, Positions, NDArray[np.int8]]:
    """Return code points, 0 around each word; the text of each; and what each is."""
    joined = "\0" + "".join(text + "\0" for text in folded)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    lengths = np.array([len(text) + 1 for text in folded], np.intp)
    text = np.concatenate(([0], np.repeat(np.arange(len(folded)), lengths)))
    at = np.searchsorted(_FIRST, codes, "right") - 1
    kind = np.where(codes <= _LAST[at], _KIND[at], np.int8(_SPACED)).astype(np.int8)
    codes[kind == _SEPARATOR] = 0
    # Where two kinds meet a word ends, and every symbol is one.
    meet = (kind[1:] != kind[:-1]) | (kind[1:] == _SYMBOL)
    cut = np.flatnonzero(meet & (codes[1:] != 0) & (codes[:-1] != 0)) + 1
    return (
        np.insert(codes, cut, 0),
        np.insert(text, cut, text[cut]),
        np.insert(kind, cut, np.int8(_SEPARATOR)),
    )


def _word_hashes(codes: Codes, word: Positions, starts: Positions) -> Codes:
    position = (np.arange(codes.size) - starts[word]).astype(np.uint64)
    return _mixed(np.add.reduceat(_letter(codes, position), starts))


def _word_weights(
    codes: Codes, kind: NDArray[np.int8], starts: Positions, length: Positions, words: Codes
) -> Weights:
    weight = _BY_LENGTH[np.minimum(length, _BY_LENGTH.size - 1)]
    weight[np.isin(words, _function_words())] = _FUNCTION_WORD
    number = (codes[starts] >= ord("0")) & (codes[starts] <= ord("9"))
    weight[number | (kind[starts] == _SYMBOL)] = 1.0
    return weight


def _function_words() -> Codes:
    codes, _, _ = _lay_out([_FUNCTION_WORDS])
    inside = codes != 0
    first = inside.copy()
    first[1:] &= ~inside[:-1]
    word = np.cumsum(first) - 1
    return _word_hashes(codes[inside], word[inside], np.flatnonzero(first[inside]))


def _spaced_grams(codes: Codes, inside: NDArray[np.bool_]) -> Iterator[tuple[Positions, Codes]]:
    """Yield, for each size, where n-grams have their second character, and their hashes.

    The first and the last character may be the 0 beside the word, so that
    beginnings and ends of words are features of their own.
    """
    for size in _SPACED_GRAMS:
        at = _windows(inside, size - 2)
        # A letter of another kind may not stand for the edge of the word: there is always a 0.
        yield at, _window_hashes(codes, at - 1, size)


def _windows(inside: NDArray[np.bool_], size: int) -> Positions:
    """Return where ``size`` characters follow each other inside a word."""
    valid = inside[: inside.size - size + 1].copy()
    for offset in range(1, size):
        valid &= inside[offset : inside.size - size + 1 + offset]
    return np.flatnonzero(valid)


def _window_hashes(codes: Codes, at: Positions, size: int) -> Codes:
    total = np.full(at.size, size, np.uint64) * _ODD
    for offset in range(size):
        total += _letter(codes[at + offset], np.uint64(offset))
    return _mixed(total)


_ODD = np.uint64(0x9E3779B97F4A7C15)
"""2⁶⁴ divided by the golden ratio, the usual increment of SplitMix64."""


def _letter(codes: Codes, position: Codes | np.uint64) -> Codes:
    # The code point in the low 21 bits and the position above them never meet.
    return _mixed(codes | ((position + np.uint64(1)) << np.uint64(21)))


def _mixed(values: Codes) -> Codes:
    """Return the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
