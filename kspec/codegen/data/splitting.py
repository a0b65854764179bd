"""The code that divides the examples: as the data is divided by seed, by a column, or by files."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.codegen.data.dataset_info import Facts
from kspec.codegen.text.literals import literal
from kspec.codegen.text.module_writer import File

SPLIT_NAMES = {"train": ("train", "training", "tr", "fit"), "test": ("test", "testing", "tst", "holdout"),
         "validation": ("validation", "valid", "val", "validate", "dev", "development")}  # fmt: skip
"""What a column of a `by` split may say of each part, in any case."""

_SHARES = '''\
def shares(count, sizes):
    """`count` shared out over classes in proportion to their sizes, in whole numbers."""
    given, remainders = np.divmod(count * sizes, sizes.sum())
    largest = np.argsort(-remainders, kind="stable")[: count - given.sum()]
    given[largest] += 1
    return given'''


def divide(facts: Facts, file: File) -> list[str]:
    """The lines of `main` that find the rows of each part."""
    split = facts.data.split
    if len(facts.parts) == 1 and split.by is None:
        return [f"    train = np.arange(len({facts.first}))"]
    if split.by is not None:
        return [_by_words(facts)] if _plain_words(facts) else by_column(facts)
    if facts.by_files:
        return _by_files(facts, file)
    return [f"    {', '.join(_seen(facts.parts, facts))} = {_drawn(facts, file, facts.parts)}"]


def _seen(parts: Sequence[str], facts: Facts) -> list[str]:
    """Variables of parts; `_` for one that no step looks at."""
    return [part if part in facts.used_parts else "_" for part in parts]


def _by_files(facts: Facts, file: File) -> list[str]:
    """The parts that have files of their own, and those that are drawn from the rows of training."""
    drawn = [part for part in facts.parts if part != "train" and part not in facts.given]
    if not drawn:
        return [_by_words(facts)]
    lines = [f"    {part} = np.flatnonzero(part == {literal(part)})" for part in facts.used_parts
             if part != "train" and part not in drawn]  # fmt: skip
    several = ", ".join(["train", *_seen(drawn, facts)])
    return [
        '    given = np.flatnonzero(part == "train")',
        f"    {several} = [given[rows] for rows in {_drawn(facts, file, ['train', *drawn], 'given')}]",
        *lines,
    ]


def _by_words(facts: Facts) -> str:
    parts = facts.used_parts
    if len(parts) == 1:
        return f"    {parts[0]} = np.flatnonzero(part == {literal(parts[0])})"
    names = ", ".join(map(literal, parts))
    return f"    {', '.join(parts)} = [np.flatnonzero(part == name) for name in ({names})]"


def _drawn(facts: Facts, file: File, parts: Sequence[str], given: str = "") -> str:
    """The call of the function that draws parts by the seed.

    Args:
        given: The rows that they are drawn from; all by default.
    """
    column = facts.data.split.stratify
    if not column:
        return f"{by_fractions(facts, file, parts, stratified=False)}(len({given or facts.first}))"
    targets = list(facts.targets.values())
    classes = next((t.variable for t in targets if column is True or t.columns == [column]), "classes")
    taken = f"{classes}[{given}]" if given else classes
    return f"{by_fractions(facts, file, parts, stratified=True)}({taken})"


def _plain_words(facts: Facts) -> bool:
    """Whether a `by` column says just the parts' own names."""
    return len(facts.parts) > 1 and set(facts.column(facts.data.split.by or "").classes) <= set(facts.parts)


def by_column(facts: Facts) -> list[str]:
    """The lines of `main` that find each part's rows in what a column says."""
    said = list(facts.column(facts.data.split.by or "").classes)
    found = {part: [word for word in said if word.strip().lower() in SPLIT_NAMES[part]] for part in facts.used_parts}
    return [f"    {part} = {_rows(words)}" for part, words in found.items()]


def _rows(words: list[str]) -> str:
    if len(words) == 1:
        return f"np.flatnonzero(part == {literal(words[0])})"
    return f"np.flatnonzero(np.isin(part, {literal(words)}))"


def by_fractions(facts: Facts, file: File, parts: Sequence[str], *, stratified: bool) -> str:
    """Writes the function that draws parts; gives its name."""
    split = facts.data.split
    given = {"test": split.test, "validation": split.validation}
    held = [part for part in ("test", "validation") if part in parts]
    fractions = ", ".join(f"{part}={given[part]!r}" for part in held)
    if stratified:
        file.helpers["shares"] = _SHARES.splitlines()
        file.helpers["split_rows"] = _stratified(held, fractions)
        return "split_rows"
    lines = [
        f"def split_rows(count, {fractions}):",
        f'    """Rows of {_listed(parts)}, drawn by the seed, each part in order."""',
        "    order = np.random.default_rng([SEED, 0]).permutation(count)",
        *(f"    {part}s = int(count * {part} + 0.5)" for part in held),
    ]
    ends = ["tests", "tests + validations"] if len(held) == 2 else [f"{held[0]}s"]
    lines += [
        f"    {', '.join([*held, 'train'])} = np.split(order, [{', '.join(ends)}])",
        f"    return {', '.join(f'np.sort({part})' for part in parts)}",
    ]
    file.helpers["split_rows"] = lines
    return "split_rows"


def _stratified(held: Sequence[str], fractions: str) -> list[str]:
    parts = ["train", *(part for part in ("validation", "test") if part in held)]
    lines = [
        f"def split_rows(classes, {fractions}):",
        f'    """Rows of {_listed(parts)}, each with the classes in their shares."""',
        "    classes = np.unique(classes, return_inverse=True)[1]",
        "    order = np.random.default_rng([SEED, 0]).permutation(len(classes))",
        "    sizes = np.bincount(classes)",
        *(f"    {part}s = shares(int(len(classes) * {part} + 0.5), sizes)" for part in held),
        '    part = np.full(len(classes), "train", dtype=object)',
        "    for number in range(len(sizes)):",
        "        own = order[classes[order] == number]",
        f'        part[own[: {held[0]}s[number]]] = "{held[0]}"',
    ]
    if len(held) == 2:
        lines += [
            "        held_out = own[tests[number] : tests[number] + validations[number]]",
            '        part[held_out] = "validation"',
        ]
    names = ", ".join(f'"{part}"' for part in parts)
    return [*lines, f"    return [np.flatnonzero(part == name) for name in ({names})]"]


def _listed(parts: Sequence[str]) -> str:
    words = ["training" if part == "train" else part for part in parts]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
