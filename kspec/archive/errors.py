"""Why a model cannot be imported."""

from __future__ import annotations

from kspec.diagnostics import Report, Rule, Source, Span, codes


class ImportRefused(Exception):
    """A model file that cannot become a spec: one plain sentence, and what to do instead.

    Args:
        code: KS710 for a file that cannot be read, KS711 for one that is made to do harm, KS712 for a model that is
            code, KS713 for one that the language has no words for, KS714 for weights that do not fit.
    """

    def __init__(self, code: Rule, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help

    def tell(self, report: Report, place: Span | str) -> None:
        """Says so in a report.

        Args:
            place: Where a spec cites the file; or the file's name.
        """
        span = Span(Source(place, ""), 1, 1, 1, 1) if isinstance(place, str) else place
        report.error(self.code, self.message, span, help=self.help)


def unreadable(message: str, help: str = "") -> ImportRefused:
    return ImportRefused(codes.UNREADABLE_MODEL_FILE, message, help)


def hostile(
    message: str, help: str = "do not load it with Keras either; get the model from a source you trust"
) -> ImportRefused:
    return ImportRefused(codes.UNSAFE_MODEL_FILE, message, help)


def is_code(message: str, help: str = "") -> ImportRefused:
    return ImportRefused(codes.MODEL_CONTAINS_CODE, message, help)


def wordless(message: str, help: str = "") -> ImportRefused:
    return ImportRefused(codes.UNSUPPORTED_MODEL_FEATURE, message, help)


def shown(text: object) -> str:
    """A name out of a foreign file, as it can be printed: short, and without control characters."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in str(text))
    return plain if len(plain) <= 60 else plain[:57] + "..."
