"""A spec's text → the same spec in the canon's layout: `kspec fmt`, and what an editor calls for formatting.

The text is laid out from the words as they are written, never from their values: `1e-3` stays `1e-3`. What the text
means is compared before and after; comments are counted.
"""

from kspec.rewrite.fmt.layout import CannotFormat, format_source, format_text

__all__ = ["CannotFormat", "format_source", "format_text"]
