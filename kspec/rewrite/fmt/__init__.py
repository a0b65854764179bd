"""Formats the text of a spec: `kspec fmt`, and formatting in the editor.

The formatter works on the text as written, never on its values: `1e-3` stays `1e-3`. The values before and after are
compared, and so are the comments.
"""

from kspec.rewrite.fmt.layout import CannotFormat, format_source, format_text, is_formatted

__all__ = ["CannotFormat", "format_source", "format_text", "is_formatted"]
