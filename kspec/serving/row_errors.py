"""What is wrong with a row of a request, for those who sent it."""

from __future__ import annotations

from typing import Any, NamedTuple


class RowError(NamedTuple):
    """Why a row has no prediction.

    Args:
        code: The code of a diagnostic, as for a file with such a row.
        message: What is wrong.
        column: The column at fault; empty if it is not a single one.
        help: What to send instead.
    """

    code: str
    message: str
    column: str = ""
    help: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values, without what is empty."""
        return {name: value for name, value in self._asdict().items() if value}


class RequestError(Exception):
    """A request that cannot be answered; the message is for those who sent it.

    Args:
        status: The HTTP status.
        message: What is wrong.
        help: What to send instead.
        code: The code of a diagnostic; empty if it is no question of data.
    """

    def __init__(self, status: int, message: str, help: str = "", code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.help = help
        self.code = code

    def to_json(self) -> dict[str, Any]:
        """Plain values: `error` is a text, as in the Open Inference Protocol."""
        body = {"error": str(self), "help": self.help, "code": self.code}
        return {name: value for name, value in body.items() if value}
