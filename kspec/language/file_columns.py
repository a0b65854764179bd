"""`data.files`, `data.read` and `data.resize`: columns of files, and how they are decoded."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, TypeAdapter

from kspec.diagnostics import did_you_mean
from kspec.language.base import fail
from kspec.language.json_schema import JsonSchema
from kspec.syntax.file_patterns import FilePattern, InvalidPattern, parse_pattern
from kspec.syntax.yaml_flow import kind_of

Content = Literal["image", "audio", "text"]
CONTENTS: tuple[str, ...] = get_args(Content)
CONTENT_SUFFIXES: dict[str, tuple[str, ...]] = {
    "image": (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    "audio": (".wav",),
    "text": (".txt",),
}
"""What files contain → their suffixes."""
Resizing = Literal["stretch", "crop", "pad"]
RESIZINGS: tuple[str, ...] = get_args(Resizing)
FILES_HELP = 'write `files: {photo: "photos/{id}.jpg", mask: "masks/{id}.png"}`'


def file_patterns(value: Mapping[str, str]) -> dict[str, FilePattern]:
    """The patterns of valid `files:`, by column."""
    return {name: parse_pattern(text) for name, text in value.items()}


def content_of(pattern: FilePattern) -> str:
    """What the files of a pattern contain, by their suffix; empty if that does not tell."""
    return next((content for content, suffixes in CONTENT_SUFFIXES.items() if pattern.suffix in suffixes), "")


def _files(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        fail(f"`files` must be a mapping from columns to patterns of files, not {kind_of(value)}", help=FILES_HELP)
    patterns: dict[str, FilePattern] = {}
    for name, text in value.items():
        if not isinstance(text, str) or not text:
            fail(f"a pattern of files must be text, not {kind_of(text)}", key=str(name), help=FILES_HELP)
        try:
            patterns[str(name)] = parse_pattern(text)
        except InvalidPattern as error:
            fail(str(error), key=str(name), help="a field is a name in braces, as in `photos/{id}.jpg`")
    for name, pattern in patterns.items():
        clash = next((field for field in pattern.fields if field in patterns), None)
        if clash is not None:
            message = f"`{clash}` is both a column of files and a field in braces"
            fail(message, key=name, help="give the field another name")
    _join_order(patterns)
    return value


def _join_order(patterns: Mapping[str, FilePattern]) -> None:
    """Reject patterns that share no field, so that nothing tells which of their files belong together."""
    first, *others = patterns
    known = set(patterns[first].fields)
    while linked := next((name for name in others if known & set(patterns[name].fields)), None):
        known |= set(patterns[linked].fields)
        others.remove(linked)
    if others:
        fail(
            f"`{others[0]}` and `{first}` share no field, so nothing tells which of their files belong together",
            key=others[0],
            help=FILES_HELP,
        )


FilePatterns = Annotated[
    Any, BeforeValidator(_files), JsonSchema(dict[str, Annotated[str, Field(min_length=1)]] | None, minProperties=1)
]
"""Columns of files, each with a pattern; `{name}` in it is a column."""


def _words(setting: str, words: tuple[str, ...]) -> Any:
    """A validator of a mapping from columns to words; each is validated alone, so that a problem has its place."""
    example = f"write `{setting}: {{photo: {words[0]}}}`"

    def check_word(word: Any) -> Any:
        if word not in words:
            shown = f"`{word}`" if isinstance(word, str) else kind_of(word)
            message = f"`{setting}` takes {', '.join(words[:-1])} or {words[-1]}, not {shown}"
            fail(message, label=did_you_mean(str(word), words), help=example)
        return word

    by_column = TypeAdapter(dict[Any, Annotated[Any, BeforeValidator(check_word)]])

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            fail(f"`{setting}` must be a mapping from columns to words, not {kind_of(value)}", help=example)
        return by_column.validate_python(value)

    return check


Read = Annotated[dict[str, Content], BeforeValidator(_words("read", CONTENTS))]
"""Columns of paths, and what the files contain."""
Resize = Annotated[dict[str, Resizing], BeforeValidator(_words("resize", RESIZINGS))]
"""Columns of images, and how these get the size of their input."""
