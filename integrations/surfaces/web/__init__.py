"""The web page: a chat in the browser, served beside the HTTP API.

``WebSurface`` is all that the composition root needs; importing it does not
import the page toolkit, so a process that only runs turns stays small.
"""

from integrations.surfaces.web.surface import WebSurface

__all__ = ["WebSurface"]
