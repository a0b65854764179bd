"""SQL expressions that stand for texts and lists larger than memory are refused before the engine computes them."""

import pytest

import kspec
from kspec.data.expressions.duckdb_engine import Engine
from kspec.data.expressions.growth import MAX_GROWTH, UnboundedGrowth, largest_value

HUGE = [
    "repeat('a', 999999999) = 'b'",
    "repeat(repeat('a', 9999), 9999) = 'b'",
    "repeat(x, n) = 'b'",
    "range(100000000)[1] = 1",
    "range(date '2000-01-01', date '2400-01-01', interval 1 second)[1] = x",
    "lpad(x, 999999999, 'a') = 'b'",
    "format('{:999999999}', n) = 'b'",
    "format('{:{}}', n, n) = 'b'",
    "printf('%*d', n, n) = 'b'",
    "bitstring('1', 999999999) is null",
    "list_resize([n], 999999999)[1] = 1",
    "cast(null as integer[10000][10000]) is null",
    "levenshtein(repeat('a', 20000), repeat('b', 20000)) = 1",
    "replace(" * 6 + "x" + ", 'a', 'aaaaaaaaaaaaaaaaaaaa')" * 6 + " = 'b'",
    "url_encode(" * 15 + "x" + ")" * 15 + " = 'b'",
    "list_transform(range(3000), lambda a: list_transform(range(3000), lambda b: a * b))[1][1] = 1",
    "list_transform([1, 2], lambda a: " * 60 + "1" + ")" * 60 + " = 1",
    "list_reduce(range(60), lambda a, b: a || a, [x])[1] = x",
    "n in (" + ", ".join(["1"] * 30_000) + ")",
    "not " * 900 + "n = 1",
    "(" * 4000 + "n" + ")" * 4000 + " = 1",
    "x::integer" + "[]" * 900 + " is null",
    "sleep_ms(99999) is null",
    "__internal_decompress_string(n) = 'b'",
]
PLAIN = [
    "n > 0 and x is not null",
    "regexp_replace(lower(trim(x)), '[^a-z]', ' ', 'g') = 'a'",
    "lpad(x, 10, '0') > 'a'",
    "repeat('0', 5 - length(x)) || x = '00001'",
    "repeat(x, least(n, 10)) = x",
    "format('{:05d}', n) = '00001'",
    "[w || '!' for w in string_split(x, ' ') if w > 'a'][1] = 'b!'",
    "list_reduce(string_split(x, ','), lambda a, b: a || b) = 'ab'",
    "strftime(date '2024-01-01', '%Y-%m') = x",
    "levenshtein(x, 'a word of a dictionary') < 3",
    " + ".join(["n"] * 200) + " > 0",
    "replace(" * 9 + "x" + ", 'a', 'b')" * 9 + " = 'b'",
]
SPEC = """\
kspec: 1
data: {csv: t.csv, inputs: n, targets: y, split: {validation: 0, test: 0}, CHANGE}
inputs: {i: {shape: [1]}}
layers: [{Dense: {units: 1}}]
task: regression
"""


def errors(folder, change):
    (folder / "t.csv").write_text("n,x,y\n" + "1,a,2.5\n2,b,3.5\n" * 9)
    (folder / "spec.yaml").write_text(SPEC.replace("CHANGE", change))
    return [problem for problem in kspec.check(folder / "spec.yaml", data=True) if problem.is_error]


@pytest.mark.parametrize("text", HUGE, ids=range(len(HUGE)))
def test_what_could_become_too_large_is_refused_by_its_syntax(text, tmp_path):
    found = errors(tmp_path, f'where: "{text}"')
    assert [problem.code for problem in found] == ["KS542" if "sleep" in text else "KS540"], found
    assert found[0].span.line == 2


def test_plain_expressions_are_not_refused():
    with Engine(1e9) as engine:
        for text in PLAIN:
            largest_value(engine.parse(text))


def test_the_bound_holds_for_what_the_engine_computes():
    import pyarrow as pa

    with Engine(1e9) as engine:
        table = pa.table({"x": ["a b c", "<&>é"], "n": [3, 8]})
        for text in (
            "repeat(x, least(n, 10))", "lpad(x, 30, '<>')", "url_encode(url_encode(x))", "replace(x, 'a', 'bcd')",
            "regexp_replace(x, '', '--', 'g')", "to_json(to_json(x))::varchar", "hex(x) || bin(x)", "format('{0:9}{0}', x)",
            "array_to_string([x, x, x], '<>')", "list_reduce([x, x, x], lambda a, b: a || b || a)", "strftime(date '2024-09-01', '%c%c')",
        ):  # fmt: skip
            bound = largest_value(engine.parse(text), {"x": 5})
            values = engine.evaluate(text, table, {}).to_pylist()
            assert max(map(len, values)) <= bound <= MAX_GROWTH, text


def test_columns_that_double_are_bounded_by_memory(tmp_path):
    columns = ", ".join(f'c{n + 1}: "repeat(c{n}, 100)"' for n in range(6))
    found = errors(tmp_path, f"columns: {{c0: x || n, {columns}}}, limits: {{gigabytes: 0.1}}")
    assert [problem.code for problem in found] == ["KS540"]
    assert "more than 100,000,000 characters" in found[0].message


def test_the_number_of_expressions_is_bounded(tmp_path):
    columns = ", ".join(f"c{n}: n + 1" for n in range(1001))
    assert [problem.code for problem in errors(tmp_path, f"columns: {{{columns}}}")] == ["KS540"]


def test_growth_names_the_part():
    with Engine(1e9) as engine:
        syntax = engine.parse("n = 1 or repeat(x, n) = 'a'")
    with pytest.raises(UnboundedGrowth) as raised:
        largest_value(syntax)
    start, end = syntax.place(raised.value.node)
    assert syntax.text[start:end].startswith("repeat")
