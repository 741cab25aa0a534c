"""Whom servers have to prove who they are to."""

import ssl
from functools import cache
from pathlib import Path

import certifi


@cache  # Reading some hundred certificates takes longer than most questions.
def trusting(stated: str | None = None) -> ssl.SSLContext:
    """The authorities of a file or folder alone, else those of the system (and of `SSL_CERT_FILE`) and of certifi.

    Raise OSError or ValueError where the certificates cannot be read.
    """
    if stated and Path(stated).is_dir():
        return ssl.create_default_context(capath=stated)
    context = ssl.create_default_context(cafile=stated)
    if stated is None:
        # A Python that was not built for this system may find no authorities of its own.
        context.load_verify_locations(certifi.where())
    return context
