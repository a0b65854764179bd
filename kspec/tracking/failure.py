"""Why a tracker is not available, in a few words."""

from __future__ import annotations

import re

_MAX_REASON = 300
_HTTP = re.compile(r"\b(?:error code|HTTP|status(?: code)?)[ :=]*(?P<code>[45]\d\d)\b", re.IGNORECASE)
_WORDS = (
    ("connection refused", "it refuses the connection"),
    ("name or service not known", "there is no host of that name"),
    ("failed to resolve", "there is no host of that name"),
    ("nodename nor servname", "there is no host of that name"),
    ("timed out", "it does not answer in time"),
    ("no route to host", "no way leads to the host"),
    ("network is unreachable", "the network is unreachable"),
    ("connection reset", "it closes the connection"),
    ("connection aborted", "it closes the connection"),
    ("too many 500 error", "it answers with an error of its own (HTTP 500)"),
)
_CODES = {"401": "it asks for credentials (HTTP 401)", "403": "it does not permit that (HTTP 403)"}


def reason_of(error: BaseException) -> str:
    """What an exception of a tracker says, for the user.

    >>> reason_of(OSError("HTTPConnectionPool(host='h'): Max retries exceeded ([Errno 111] Connection refused)"))
    'it refuses the connection'
    >>> reason_of(RuntimeError("API request to endpoint /x failed with error code 401 != 200. Response body: ''"))
    'it asks for credentials (HTTP 401)'
    """
    text = " ".join(str(error).split())
    lowered = text.lower()
    for words, reason in _WORDS:
        if words in lowered:
            return reason
    match = _HTTP.search(text)
    if match is not None and match["code"] in _CODES:
        return _CODES[match["code"]]
    reason = text if len(text) <= _MAX_REASON else f"{text[:_MAX_REASON]}…"
    return reason or type(error).__name__
