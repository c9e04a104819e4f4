"""Turns bytes into clean text, or finds that they are not text.

Decides the character set and which invisible characters are dropped. Refuses
to change the number of lines: line 12 of the text is line 12 in an editor.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

_SAMPLE = 64_000
_MOST_CONTROLS = 0.05
_MOST_FOREIGN = 0.3
_FEW_BROKEN = 20
_UTF16_ZEROS = 0.3

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is a prefix of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_DECLARED = re.compile(rb"(?:charset|coding|encoding)\s*[=:]\s*[\"']?([A-Za-z0-9][\w.:-]{1,30})")

_SINGLE_BYTE = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("koi8_r", "cp874", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "iso8859_5"),
)
"""Charsets found in the wild; the detector would otherwise see mainframes in short texts."""

_CONTROL_BYTES = bytes(set(range(32)) - {*b"\t\n\r\f\x1b\b"}) + b"\x7f"

_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u180e\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Controls, zero-width space, soft hyphen, bidi overrides that disguise text, lone
surrogates, and the invisible copies of ASCII that hide instructions from the eye.

Zero-width (non-)joiners and the left-to-right and right-to-left marks stay:
scripts and emoji need them.
"""


def decode(data: bytes, charset: str | None = None) -> str | None:
    r"""Return the text of ``data``, or ``None`` if it is not text.

    Args:
        data: the raw bytes.
        charset: what the sender declared, for instance in a Content-Type.

    Returns:
        Text with ``\n`` line ends, without control characters.
    """
    text = _marked(data)
    if text is None:
        if _share(data[:_SAMPLE], _CONTROL_BYTES) > _MOST_CONTROLS:
            text = _utf16_without_mark(data)
        else:
            text = _strictly(data, charset) or _utf8(data) or _guessed(data)
    return None if text is None else clean(text)


def clean(text: str) -> str:
    """Return the text without control and disguising characters, line by line as it was."""
    text = text.replace("\r\n", "\n")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    return _UNWANTED.sub(_replacement, text)


def _replacement(match: re.Match[str]) -> str:
    # These part words in some editors, so they must not glue them together here.
    return " " if match[0] in "\r\f\v\x85\u2028\u2029" else ""


def _marked(data: bytes) -> str | None:
    for mark, charset in _BOMS:
        if data.startswith(mark):
            # Wide encodings of arbitrary bytes mostly decode, so broken ones are not text.
            errors = "replace" if charset == "utf-8" else "strict"
            try:
                return data[len(mark) :].decode(charset, errors)
            except UnicodeDecodeError:
                return None
    return None


def _share(sample: bytes, wanted: bytes) -> float:
    return 1 - len(sample.translate(None, wanted)) / len(sample) if sample else 0.0


def _utf16_without_mark(data: bytes) -> str | None:
    """Text in a western script has a zero in every second byte."""
    sample = data[:_SAMPLE]
    for start, charset in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = sample[start::2], sample[1 - start :: 2]
        if _share(zeros, b"\0") > _UTF16_ZEROS and _share(others, _CONTROL_BYTES) < _MOST_CONTROLS:
            text = _strictly(data, charset)
            if text is not None:
                return text
    return None


def _strictly(data: bytes, charset: str | None) -> str | None:
    if not charset:
        return None
    try:
        found = codecs.lookup(charset)
        # Codecs such as "zip" or "hex" are registered too; they would unpack, not decode.
        if not getattr(found, "_is_text_encoding", True) or found.name in {"idna", "punycode"}:
            return None
        return data.decode(found.name)
    except (LookupError, ValueError):
        return None


def _utf8(data: bytes) -> str | None:
    """UTF-8, also with a few broken bytes: better than guessing another charset."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        broken = text.count("\ufffd")
        wide = sum(1 for character in text if character > "\x7f") - broken
        return text if wide > _FEW_BROKEN * broken else None


def _guessed(data: bytes) -> str | None:
    if b"\0" in data[:_SAMPLE]:
        return None
    declared = _DECLARED.search(data[:2_000])
    text = _strictly(data, declared[1].decode("ascii")) if declared else None
    if text is not None:
        return text
    best = from_bytes(data[:_SAMPLE], cp_isolation=list(_SINGLE_BYTE)).best()
    if best is not None:
        return data.decode(best.encoding, "replace")
    # Bytes that no charset explains are data, unless nearly all of them are ASCII.
    sample = data[:_SAMPLE]
    foreign = _share(sample, bytes(range(0x80, 0x100)))
    return data.decode("cp1252", "replace") if foreign < _MOST_FOREIGN else None
