"""The initial vectors of an Embedding in Python: a function that the file gets once."""

WORD_VECTORS = "word_vectors"
_LINES = '''\
def word_vectors(path, words, rows):
    """Puts the vectors of words, in a GloVe or word2vec file, into the rows of these words."""
    numbers, length = {str(word): n for n, word in enumerate(words[: len(rows)])}, 0
    with OPEN(path, "rt", encoding="utf-8", newline="\\n") as file:
        for line in file:
            parts = line.rstrip().split(" ")
            if not length and len(parts) == 2 and all(part.isdigit() for part in parts):
                length = int(parts[1])  # the line before the first word
                continue
            length = length or len(parts) - 1
            word = " ".join(parts[:-length])
            if word in numbers:
                rows[numbers.pop(word)] = [float(value) for value in parts[-length:]]
    return rows'''


def word_vectors_lines(*, is_packed: bool) -> list[str]:
    """The lines of the function.

    Args:
        is_packed: Whether a path may end in `.gz`.
    """
    opened = '(gzip.open if path.endswith(".gz") else open)' if is_packed else "open"
    lines = _LINES.replace("OPEN", opened).splitlines()
    return lines if is_packed else [line.replace(', "rt"', "") for line in lines]
