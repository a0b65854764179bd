"""Addresses of servers, and the user names, passwords and tokens in them."""

from __future__ import annotations

import re
from typing import NamedTuple

_USERINFO = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<user>[^/?#\s]*)@")
_QUERY = re.compile(r"(?<=[?&])(?P<key>[^=&#\s]+)=(?P<value>[^&#\s]+)")
MASK = "***"


class Address(NamedTuple):
    """An address, and what was secret in it.

    Args:
        text: The address without them.
        user: The user name; empty without one.
        password: The password; empty without one.
    """

    text: str
    user: str = ""
    password: str = ""


def split_credentials(address: str) -> Address:
    """Takes user name and password out of an address.

    >>> split_credentials("http://ann:s3cret@host:5000/x")
    Address(text='http://host:5000/x', user='ann', password='s3cret')
    >>> split_credentials("http://host:5000")
    Address(text='http://host:5000', user='', password='')
    """
    from urllib.parse import unquote

    match = _USERINFO.match(address)
    if match is None:
        return Address(address)
    user, _, password = match["user"].partition(":")
    return Address(match["scheme"] + address[match.end() :], unquote(user), unquote(password))


def mask_credentials(text: str) -> str:
    """Masks user names and passwords in the addresses of a text, and the values of their queries.

    >>> mask_credentials("kspec run a.yaml --track mlflow:https://ann:s3cret@host/?token=abc&x=1")
    'kspec run a.yaml --track mlflow:https://***@host/?token=***&x=***'
    """
    masked = _USERINFO.sub(rf"\g<scheme>{MASK}@", text)
    return re.sub(r"://\S+", lambda match: _QUERY.sub(rf"\g<key>={MASK}", match[0]), masked)


def has_credentials(address: str) -> bool:
    """Whether an address holds a user name, a password, or a query, which may hold a token."""
    return mask_credentials(address) != address
