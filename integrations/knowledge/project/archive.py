"""Unpacks the archive of a repository.

Decides what of it may reach the disk: regular files with plain relative names, up to a number
and a size. Links, devices and names that lead out are passed over. Refuses to know where the
archive came from.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from integrations.contracts.knowledge import SourceFailure
from integrations.knowledge.limits import megabytes

if TYPE_CHECKING:
    from pathlib import Path

    from integrations.knowledge.limits import Limits

MOST_BYTES: Final = 500_000_000
"""What an archive may hold, unpacked."""
_DEEPEST: Final = 40
_LATEST_NS: Final = 10**18


def unpack(archive: Path, into: Path, limits: Limits, most_bytes: int = MOST_BYTES) -> int:
    """Unpack a ``.tar.gz`` and return how many files there are; its top folder is left away.

    The time of each file is made from its contents: one that is the same in the next archive
    then looks unchanged, although archives give all files the time of their commit.

    Raises:
        SourceFailure: if it is no archive, or holds more than may be taken.
    """
    count = size = 0
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                count += 1
                size += max(member.size, 0)
                if count > limits.files or size > most_bytes:
                    raise SourceFailure(
                        f"the repository holds more than {limits.files:,} files or "
                        f"{megabytes(most_bytes)}: connect a part of it as a folder"
                    )
                name = _inside(member.name)
                if name is None or not member.isreg() or member.size > limits.paged_bytes:
                    continue
                packed = tar.extractfile(member)
                if packed is None:
                    continue
                data = packed.read(member.size)
                target = into / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                moment = int.from_bytes(hashlib.sha256(data).digest()[:8]) % _LATEST_NS
                os.utime(target, ns=(moment, moment))
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise SourceFailure(
            f"the repository's archive cannot be unpacked ({type(error).__name__}): try again later"
        ) from None
    return count


def _inside(name: str) -> PurePosixPath | None:
    """Return a member's path below the top folder; ``None`` if it is no plain relative one."""
    if "\\" in name or "\0" in name or name.startswith("/"):
        return None
    parts = PurePosixPath(name).parts
    if not 1 < len(parts) <= _DEEPEST or ".." in parts or ".git" in parts:
        return None
    return PurePosixPath(*parts[1:])
