import pytest

from kspec.syntax.file_patterns import FilePattern, InvalidPattern, parse_pattern


@pytest.mark.parametrize(
    ("pattern", "path", "values"),
    [
        ("photos/{id}.jpg", "photos/7.jpg", {"id": "7"}),
        ("photos/{id}.jpg", "photos/a/7.jpg", None),
        ("photos/{id}.jpg", "photos/7Xjpg", None),
        ("{patient}/{slice}_m.png", "p1/03_m.png", {"patient": "p1", "slice": "03"}),
        ("{a}_{b}.png", "x_y_z.png", {"a": "x_y", "b": "z"}),
        ("{id}/{id}.png", "7/7.png", {"id": "7"}),
        ("{id}/{id}.png", "7/8.png", None),
        ("**/{id}.png", "a/b/7.png", {"id": "7"}),
        ("**/{id}.png", "7.png", {"id": "7"}),
        ("*/{id}?.pn[gx]", "a/77.pnx", {"id": "7"}),
        ("./{a-b}.txt", "x.txt", {"a-b": "x"}),
    ],
)
def test_the_values_of_fields(pattern, path, values):
    assert parse_pattern(pattern).values(path) == values


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [("a/{id.png", "no partner"), ("a}.png", "no partner"), ("{}.png", "needs a name"), ("{a b}.png", "no column")],
)
def test_braces_that_are_wrong(pattern, problem):
    with pytest.raises(InvalidPattern, match=problem):
        parse_pattern(pattern)


def test_what_a_pattern_tells_of_its_files():
    pattern = FilePattern("m/{a}/{b}.PNG")
    assert (pattern.fields, pattern.glob, pattern.suffix, pattern.is_exact) == (("a", "b"), "m/*/*.PNG", ".png", True)
    assert pattern.name({"a": "1", "b": "2"}) == "m/1/2.PNG"
    assert (FilePattern("m/*.{kind}").suffix, FilePattern("m/*.png").is_exact) == ("", False)
