"""Where the database is: one spelling for SQLAlchemy, one for libpq."""

from __future__ import annotations

import re

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import URL

from learning.store.errors import StoreUnavailable

_DRIVER = "postgresql+psycopg"
_PORTS = re.compile(r"[\d,]*")
_PREFIXES = ("postgresql+psycopg://", "postgres://", "postgresql://")


def conninfo_of(address: str) -> str:
    """Return a libpq connection string for what an admin may write.

    Args:
        address: a URL (``postgres://``, ``postgresql://``, SQLAlchemy's own
            spelling) or a libpq connection string.

    Raises:
        StoreUnavailable: if it is neither; the address is not repeated, it may
            hold a password.
    """
    text = address.strip()
    for prefix in _PREFIXES:
        if text.startswith(prefix):
            text = "postgresql://" + text.removeprefix(prefix)
    try:
        conninfo = make_conninfo(text) if "=" in text or "://" in text else ""
        # A password with unescaped characters ends early; its rest is taken for the host, the
        # port or the database, and would be repeated in the error of connecting to it.
        parts = conninfo_to_dict(conninfo)
        rest = f"{parts.get('host', '')}{parts.get('dbname', '')}"
        if "@" in rest or not _PORTS.fullmatch(str(parts.get("port", ""))):
            conninfo = ""
    except psycopg.ProgrammingError:
        conninfo = ""
    if not conninfo:
        raise StoreUnavailable(
            "MYNAH_DATABASE_URL is no database address: write it as "
            "postgresql://USER:PASSWORD@HOST:5432/DATABASE (in a password, @ is %40 and / is %2F), "
            "or unset it to use the embedded server"
        )
    return conninfo


def url_of(conninfo: str) -> URL:
    """Return SQLAlchemy's URL for a libpq connection string."""
    parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    return URL.create(
        _DRIVER,
        username=parts.pop("user", None),
        password=parts.pop("password", None),
        database=parts.pop("dbname", None),
        # Everything else, a socket's folder too, is passed on as libpq knows it.
        query=parts,
    )
