"""What a source of tools offered before, and what it offers now.

Decides which tools are not what somebody allowed. Refuses to know what a tool is beyond its digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Seen:
    """A tool as it was seen last.

    Attributes:
        digest: of all that it says of itself.
        changed: when it became another one, as a date, if nobody has allowed it since.
    """

    digest: str
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What came of looking at a source again.

    Attributes:
        seen: what is known of its tools now; those that are gone are kept, they may come back.
        changed: tools that are not what they were, and those that came later than the first look.
        gone: tools that are no longer there.
    """

    seen: Mapping[str, Seen]
    changed: tuple[str, ...]
    gone: tuple[str, ...]


def notice(before: Mapping[str, Seen], digests: Mapping[str, str], today: str) -> Noticed:
    """Compare what was seen with what is there.

    Args:
        before: what was seen; empty the first time, when nothing is new yet.
        digests: what is there, by name.
        today: the date.
    """
    changed = [
        name
        for name, digest in digests.items()
        if before and (name not in before or before[name].digest != digest)
    ]
    seen = dict(before)
    for name, digest in digests.items():
        if name in changed:
            seen[name] = Seen(digest, today)
        elif name not in before:
            seen[name] = Seen(digest)
    gone = [name for name in before if name not in digests]
    return Noticed(seen, tuple(changed), tuple(gone))


def accepted(before: Mapping[str, Seen], tool: str) -> Mapping[str, Seen]:
    """Return what is known once somebody decided about a tool, or about all of a source's."""
    return {
        name: Seen(each.digest) if tool in {name, name.partition(".")[0]} else each
        for name, each in before.items()
    }
