"""Reasons why a model cannot be imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.diagnostics import Report, Rule, Source, Span, codes


class ImportRefused(Exception):
    """A model file cannot become a spec.

    Args:
        code: `UNREADABLE_MODEL_FILE`, `UNSAFE_MODEL_FILE`, `MODEL_CONTAINS_CODE`, `UNSUPPORTED_MODEL_FEATURE` or
            `MODEL_WEIGHTS_MISMATCH`.
        message: The reason.
        help: What to do instead.
    """

    def __init__(self, code: Rule, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help

    def report(self, report: Report, place: Span | str) -> None:
        """Add the reason to a report.

        Args:
            report: The report.
            place: Where a spec references the file; or the file's name.
        """
        span = Span(Source(place, ""), 1, 1, 1, 1) if isinstance(place, str) else place
        report.error(self.code, self.message, span, help=self.help)


def unreadable(message: str, help: str = "") -> ImportRefused:
    return ImportRefused(codes.UNREADABLE_MODEL_FILE, message, help)


def unsafe(
    message: str, help: str = "do not load it with Keras either; get the model from a source you trust"
) -> ImportRefused:
    return ImportRefused(codes.UNSAFE_MODEL_FILE, message, help)


def contains_code(message: str, help: str = "") -> ImportRefused:
    return ImportRefused(codes.MODEL_CONTAINS_CODE, message, help)


def unsupported(message: str, help: str = "") -> ImportRefused:
    return ImportRefused(codes.UNSUPPORTED_MODEL_FEATURE, message, help)


def printable(text: object) -> str:
    """A name from an untrusted file, shortened and without control characters."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in str(text))
    return plain if len(plain) <= 60 else plain[:57] + "..."


def reject_keras_2(model: Mapping[str, Any]) -> None:
    """Rejects a configuration of Keras 2, whose objects lack the module of their class."""
    version = model.get("keras_version")
    is_stated = isinstance(version, str) and version.startswith(("1.", "2."))
    if is_stated or (model.get("class_name") in ("Sequential", "Functional", "Model") and "module" not in model):
        written = f" (written by Keras {printable(version)})" if is_stated else ""
        raise unsupported(
            f"the model is in the format of Keras 2{written}, and kspec reads that of Keras 3",
            'Keras 3 reads `.h5` files of Keras 2: `load_model("model.h5").save("model.keras")`',
        )
