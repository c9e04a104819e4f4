"""Reads what music somebody wants: what about, which genre, how fast, in what mood.

Decides when a wish is for music to be made. Refuses to know what makes it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from learning.actions.wording import data, either, unquoted

_SLOWEST: Final = 40
_FASTEST: Final = 240
_TEMPO: Final = re.compile(
    r"\b(?:at |with |around |about )?"
    r"(?:(\d{2,3}) ?(?:bpm|beats per minute)|a? ?tempo (?:of )?(\d{2,3}))\b",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(
    r"\b(?:called|titled|named) (\"[^\"]+\"|“[^”]+”|[^,;\n]+)", re.IGNORECASE
)
_STYLE: Final = re.compile(
    r"\b(?:in (?:the )?style of ([^,;\n]+)|in (?:an? )?([\w -]{3,30}?) style\b)", re.IGNORECASE
)
_UNSUNG: Final = re.compile(
    r"\b(?:instrumental|(?:without|no|with no)(?: any)? (?:vocals|lyrics|singing|words))\b",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(r"\b(?:about|on the topic of) ([^,;\n]+)", re.IGNORECASE)
_ENDS_ABOUT: Final = re.compile(
    r"\s+(?:(?:at|with) \d{2,3} ?bpm|in (?:an? |the )?[\w -]+ style|in the style of|called|titled|"
    r"without|with no|no vocals)\b.*$",
    re.IGNORECASE,
)


@cache
def _words() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    songs = data()["songs"]
    described = r"(?:[\w&'-]+,? ){0,6}?"
    things = either(songs["things"])
    return (
        re.compile(
            rf"(?P<verb>create|make|compose|generate|produce|write)(?: me| us)? "
            rf"(?P<what>(?:an?|another|some|one more) {described}(?P<thing>{things}))"
            r"(?P<rest>$|[,.;:]? ?(?:\b(?:about|with|in|at|for|called|titled|named|that|without|no"
            r"|on|like|instrumental|genre|tempo|mood|style)\b|[,;:–-]).*|\.)",
            re.IGNORECASE,
        ),
        re.compile(rf"\b({either(songs['genres'])})\b", re.IGNORECASE),
        re.compile(rf"\b({either(songs['moods'])})\b", re.IGNORECASE),
        re.compile(rf"^(?:{either(songs['vague'])})$", re.IGNORECASE),
    )


def song(text: str) -> dict[str, Any] | None:
    """Return what music a message wants to have made; nothing if it wants none.

    "Write a song" wants words as likely as music, unless something says how it is to sound.
    """
    wish, genres, moods, vague = _words()
    found = wish.fullmatch(" ".join(text.split()))
    if found is None:
        return None
    said, sounds = _named(found["what"], found["rest"])
    if style := _STYLE.search(sounds):
        said["style"] = (style[1] or style[2]).strip(" .")
    if genre := genres.search(sounds):
        said["genre"] = _spelt(genre[1])
    if mood := moods.search(sounds):
        said["mood"] = mood[1].casefold()
    if _UNSUNG.search(sounds):
        said["instrumental"] = True
    heard = said.keys() & {"tempo", "genre", "style", "instrumental"}
    if found["verb"].casefold() == "write" and not heard:
        return None
    if vague.match(found["thing"]) and not heard | (said.keys() & {"mood", "about"}):
        return None
    said["prompt"] = said["about"] if "about" in said else _described(found["what"], found["rest"])
    return said


def _named(what: str, rest: str) -> tuple[dict[str, Any], str]:
    """Return what a song is about, its title and tempo, and what is said of how it sounds."""
    sounds = f"{what}{rest}"
    said: dict[str, Any] = {}
    if (tempo := _TEMPO.search(sounds)) and _SLOWEST <= int(tempo[1] or tempo[2]) <= _FASTEST:
        said["tempo"] = int(tempo[1] or tempo[2])
    if about := _ABOUT.search(_TEMPO.sub("", rest)):
        said["about"] = unquoted(_ENDS_ABOUT.sub("", about[1]).strip(" ."))
        # What a song is about says nothing of how it sounds: "about a sad robot".
        sounds = sounds.replace(said["about"], " ")
    if title := _TITLE.search(rest):
        said["title"] = unquoted(title[1].strip(" ."))
        sounds = sounds.replace(title[1], " ")
    return said, sounds


def _described(what: str, rest: str) -> str:
    words = " ".join(f"{what}{rest}".split()).rstrip(" .")
    return re.sub(r"^(?:another|one more|some) ", "a ", words, flags=re.IGNORECASE)


def _spelt(genre: str) -> str:
    folded = re.sub(r"[\s-]+", "-", genre.casefold())
    return {"hiphop": "hip-hop", "rnb": "r&b", "lofi": "lo-fi"}.get(
        folded, folded if folded in {"hip-hop", "lo-fi", "k-pop"} else folded.replace("-", " ")
    )
