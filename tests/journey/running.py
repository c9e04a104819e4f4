"""Starts ``mynah run`` on an empty home, as a newcomer does: no key, no token."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[str]:
    """Start ``mynah run`` on an empty home; yield the page's address."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MYNAH_", "PYTEST"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.cli",
        "run",
        "--port",
        "0",
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**environment, "MYNAH_HOME": str(home), "MYNAH_LOG_LEVEL": "warning"},
    )
    assert process.stderr is not None
    said = ""
    async with asyncio.timeout(90):
        while not (found := re.search(r"at (http://[\d.:]+) ", said)):
            line = await process.stderr.readline()
            assert line, f"mynah run ended: {said}"
            said += line.decode()
    try:
        yield found[1]
    finally:
        process.terminate()
        _, rest = await asyncio.wait_for(process.communicate(), 60)
        assert "Traceback" not in rest.decode()
    assert process.returncode == 0
