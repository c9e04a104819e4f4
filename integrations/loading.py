"""Loading what takes long to load: the SDKs of models and tools, in a thread, one at a time.

Their modules import each other in circles. Two threads that load them at once would each find the
other's half done, and fail.
"""

from __future__ import annotations

import importlib
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

_ONE = Lock()


def load(name: str) -> ModuleType:
    """Return a module, loading it if need be; whoever else loads one meanwhile waits."""
    with _ONE:
        return importlib.import_module(name)
