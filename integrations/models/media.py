"""Tells pictures and sound by their first bytes.

Decides what may be shown to a vision model or played to a transcription model. Refuses to
believe names and declared types, and to look further than the beginning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Medium:
    """What a file is.

    Attributes:
        kind: "sound" for whatever may hold a voice, videos too.
        type: its media type.
        suffix: what its name should end with, by which services tell formats.
        usual: whether models take it.
    """

    kind: Literal["picture", "sound"]
    type: str
    suffix: str
    usual: bool = True


_STARTS: Final = (
    (rb"\x89PNG\r\n\x1a\n", Medium("picture", "image/png", "png")),
    (rb"\xff\xd8\xff", Medium("picture", "image/jpeg", "jpg")),
    (rb"GIF8[79]a", Medium("picture", "image/gif", "gif")),
    (rb"RIFF....WEBP", Medium("picture", "image/webp", "webp")),
    (rb"BM.{4}\0\0\0\0", Medium("picture", "image/bmp", "bmp", usual=False)),
    (rb"II\*\0|MM\0\*", Medium("picture", "image/tiff", "tif", usual=False)),
    (
        rb"....ftyp(?:hei[cxms]|hev[cx]|mif1|msf1)",
        Medium("picture", "image/heic", "heic", usual=False),
    ),
    (rb"....ftypavi[fs]", Medium("picture", "image/avif", "avif", usual=False)),
    (rb"....ftyp", Medium("sound", "audio/mp4", "m4a")),
    (rb"RIFF....WAVE", Medium("sound", "audio/wav", "wav")),
    (rb"OggS", Medium("sound", "audio/ogg", "ogg")),
    (rb"fLaC", Medium("sound", "audio/flac", "flac")),
    (rb"\x1a\x45\xdf\xa3", Medium("sound", "audio/webm", "webm")),
    (rb"ID3|\xff[\xfb\xf3\xf2\xfa]", Medium("sound", "audio/mpeg", "mp3")),
    (rb"\xff[\xf1\xf9]", Medium("sound", "audio/aac", "aac", usual=False)),
    (rb"#!AMR", Medium("sound", "audio/amr", "amr", usual=False)),
)
_COMPILED: Final[Mapping[re.Pattern[bytes], Medium]] = {
    re.compile(start, re.DOTALL): medium for start, medium in _STARTS
}
_LOOKED_AT: Final = 64


def medium_of(data: bytes) -> Medium | None:
    """Return what a file is, or ``None`` if it is neither a picture nor sound."""
    head = data[:_LOOKED_AT]
    return next((medium for start, medium in _COMPILED.items() if start.match(head)), None)
