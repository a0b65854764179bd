"""`kspec init` on tables as people write them: two lines of names, totals, clocks, infinite values, web pages."""

import datetime
import gzip
import itertools
import random
from pathlib import Path

import pytest

import kspec
from kspec.cli import main

CHANCE = random.Random(3)
ROWS = [
    [CHANCE.randrange(20, 90), round(CHANCE.gauss(50, 9), 3), CHANCE.choice("pqr"), ("yes", "no")[n % 2]]
    for n in range(60)
]
LINES = [",".join(map(str, row)) for row in ROWS]
NAMES = "age,weight,kind,sick"


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def inferred(*lines, rows=60):
    """The `data` of the spec of a table, without problems but notes."""
    Path("t.csv").write_text("\n".join(lines) + "\n")
    assert main(["init", "t.csv", "-o", "spec.yaml", "--force"]) == 0
    text = Path("spec.yaml").read_text()
    problems = [str(each) for each in kspec.check("spec.yaml", data=True) if each.severity.name != "INFO"]
    assert problems == [], text
    assert f": {rows} rows" in text
    return kspec.load("spec.yaml").values["data"]


def refused(capsys, *lines):
    """What `kspec init` says of a table that it refuses."""
    Path("t.csv").write_text("\n".join(lines) + "\n")
    assert main(["init", "t.csv", "-o", "-"]) != 0
    return capsys.readouterr().err


def test_names_below_groups_of_columns():
    data = inferred("Person,,Look,Result", NAMES, *LINES)
    assert data["csv"] == {"path": "t.csv", "skip_rows": 1}
    assert data["inputs"] == {"numbers": ["age", "weight"], "kind": "kind"}


def test_units_below_the_names():
    data = inferred(NAMES, "(years),(kg),-,y/n", *LINES)
    names = ["age", "weight", "kind", "sick"]
    assert data["csv"] == {"path": "t.csv", "skip_rows": 2, "header": False, "names": names}


def test_a_gap_in_the_first_row_is_no_second_header():
    assert inferred(NAMES, "?,?,p,yes", *LINES, rows=61)["csv"] == {"path": "t.csv", "missing": ["?"]}


def test_totals_below_the_table():
    data = inferred(NAMES, *LINES, "Total,3000,,")
    assert data["where"] == '"age" is not null'
    data = inferred("name," + NAMES, *(f"n{n},{line}" for n, line in enumerate(LINES)), "Total,9,8,,", "Mean,1,2,,")
    assert data["where"] == """"name" is distinct from 'Total' and "name" is distinct from 'Mean'"""


def test_times_of_day_and_durations_are_hours():
    clocks = [f"{CHANCE.randrange(24):02d}:{CHANCE.randrange(60):02d}:{n % 60:02d}" for n in range(60)]
    data = inferred("start," + NAMES, *(f"{clock},{line}" for clock, line in zip(clocks, LINES, strict=True)))
    assert data["columns"] == {"start_hours": 'epoch(cast("start" as interval)) / 3600'}
    assert data["inputs"]["numbers"] == ["start_hours", "age", "weight"]


def test_a_year_a_month_and_a_day_are_a_date():
    days = [datetime.date(2019, 1, 20) + datetime.timedelta(n) for n in range(200)]
    levels = itertools.accumulate(CHANCE.gauss(0, 1) for _ in days)
    rows = [f"{day:%Y,%m,%d},{level:.2f}" for day, level in zip(days, levels, strict=True)]
    data = inferred("year,month,day,temp", *rows, rows=200)
    assert data["columns"] == {"date": 'make_date("year", "month", "day")'}
    assert data["window"]["time"] == "date"


def test_infinite_values_are_gaps():
    data = inferred(NAMES, "31,inf,p,yes", "32,-inf,q,no", *LINES, rows=62)
    assert data["csv"]["missing"] == {"weight": ["inf", "-inf"]}
    assert data["missing"] == {"weight": "median"}


def test_identifiers_written_as_floats():
    data = inferred("customer_id," + NAMES, *(f"{1000 + n * 7}.0,{line}" for n, line in enumerate(LINES)))
    assert data["inputs"]["numbers"] == ["age", "weight"]


def test_a_first_column_of_yes_and_no_is_the_target():
    assert (
        inferred("sick,age,weight,kind", *(f"{row[3]},{row[0]},{row[1]},{row[2]}" for row in ROWS))["targets"] == "sick"
    )


def test_what_is_no_table(capsys):
    assert "is a web page or XML, not a table" in refused(capsys, "<!DOCTYPE html>", "<table></table>")
    assert "the table has one row" in refused(capsys, NAMES, LINES[0])
    message = refused(capsys, NAMES, *LINES, "Source: the ministry")
    assert "line 62 has 1" in message
    assert "take the notes below the table out of the file, from line 62 on" in message


def test_forms_that_no_option_says(capsys):
    assert "is an svmlight (libsvm) file" in refused(capsys, *(f"{n % 2} qid:1 1:0.5 7:{n}" for n in range(9)))
    rows = (f"{('Ann Lee', 'Bob van Dyk')[n % 2]:<14}{n:>3}   {n * 7:>4}" for n in range(20))
    assert "are aligned by two blanks and more" in refused(capsys, "first name    age   pay", *rows)


def test_a_line_drawn_below_the_names():
    rows = (f"| {n} | {n * 7 % 11} | {('yes', 'no')[n % 2]} |" for n in range(60))
    data = inferred("| n | m | sick |", "|:--|---|---|", *rows)
    assert data["csv"]["skip_rows"] == 2
    assert data["targets"] == "sick"


def test_a_quote_that_is_not_closed(capsys):
    def broken(number, line, *others):
        lines = [NAMES, *LINES]
        lines[number - 1] = line
        for place, text in others:
            lines[place - 1] = text
        return refused(capsys, *lines)

    assert "the quote that opens in line 21 of `t.csv` is never closed" in broken(21, '31,2,p,"yes')
    message = broken(21, '31,2,"p,yes')
    assert "`t.csv` has 4 columns, but line 21 has 3: the quote that opens there is never closed" in message
    assert "close it in line 21" in message
    assert "closes only in line 41" in broken(21, '31,2,p,"yes', (41, '31,2,"p",yes'))


def test_a_quoted_text_of_several_lines_at_the_end():
    data = inferred(
        "kind,age,note", *(f"{row[2]},{row[0]},words {row[1]} and more" for row in ROWS), 'p,31,"two', 'lines"', rows=61
    )
    assert data["csv"] == "t.csv"


def test_a_null_character_has_its_line(capsys):
    assert "has a null character in line 4" in refused(capsys, NAMES, *LINES[:2], "1,2,p\0q,no", *LINES)


def test_categories_of_several_lines():
    kinds = {"p": '"one\ntwo"', "q": "q", "r": "r"}
    data = inferred(NAMES, *(f"{row[0]},{row[1]},{kinds[row[2]]},{row[3]}" for row in ROWS))
    assert data["inputs"]["kind"] == "kind_line"
    assert data["columns"] == {"kind_line": """replace(replace("kind", chr(13), ''), chr(10), ' ')"""}
    spec = Path("spec.yaml")
    spec.write_text(spec.read_text().replace("kind: kind_line", "kind: kind"))
    (problem,) = kspec.check(spec, data=True)
    assert problem.code == "KS508"
    assert "`kind` has texts of several lines, such as 'one\\ntwo'" in problem.message


@pytest.mark.parametrize(("rows", "length"), [(6, 1), (14, 4)])
def test_a_short_series_has_a_short_window(rows, length):
    data = inferred("Year,Sales", *(f"{1990 + n},{CHANCE.randrange(90)}" for n in range(rows)), rows=rows)
    assert data["window"] == {"length": length, "horizon": 1, "time": "Year"}
    assert data["split"]["time"] == "Year"


def test_a_date_and_a_time_of_day_are_a_time():
    moments = [datetime.datetime(2024, 1, 1) + datetime.timedelta(hours=n) for n in range(200)]
    levels = list(itertools.accumulate(CHANCE.gauss(0, 1) for _ in moments))
    forms = {
        ("%d/%m/%Y", "%H.%M.%S"): """concat("Date", ' ', replace("Time", '.', ':'))""",
        ("%Y-%m-%d", "%H:%M"): """concat("Date", ' ', "Time")""",
    }
    for (date, clock), expression in forms.items():
        rows = [f"{at:{date}},{at:{clock}},{level:.2f}" for at, level in zip(moments, levels, strict=True)]
        data = inferred("Date,Time,CO", *rows, rows=200)
        assert data["columns"] == {"timestamp": expression}
        assert data["window"]["time"] == "timestamp"
    rows = [f"{at:%Y-%m-%d},{at.hour + 1},{level:.2f}" for at, level in zip(moments, levels, strict=True)]
    data = inferred("date,hour,load", *rows, rows=200)
    assert data["columns"] == {"timestamp": """concat("date", ' ', concat("hour" - 1, ':00'))"""}
    assert list(data["inputs"]) == ["past"]
    clocks = [f"{CHANCE.randrange(24):02d}:10" for _ in ROWS]
    drawn = [f"2024-01-{n % 9 + 1:02d},{clock},{CHANCE.gauss(0, 1):.2f},{n % 2}" for n, clock in enumerate(clocks)]
    CHANCE.shuffle(drawn)
    assert "timestamp" not in inferred("date,time,weight,sick", *drawn)["columns"]  # no order tells


def test_a_year_and_a_quarter_are_a_time():
    levels = itertools.accumulate(CHANCE.gauss(0, 1) for _ in range(100))
    rows = [f"{1959 + n // 4}.0,{n % 4 + 1}.0,{level:.2f}" for n, level in enumerate(levels)]
    data = inferred("year,quarter,unemp", *rows, rows=100)
    assert data["columns"] == {"date": 'make_date(cast("year" as integer), 3 * cast("quarter" as integer) - 2, 1)'}
    assert data["window"]["time"] == "date"


def test_seconds_since_1970_are_a_time():
    rows = [f"{1_700_000_000 + 60 * n},{line}" for n, line in enumerate(LINES)]
    data = inferred("when," + NAMES, *rows)
    assert data["split"]["time"] == "when"
    assert data["inputs"]["numbers"] == ["age", "weight"]


def test_numbers_that_count_the_rows_from_anywhere():
    assert inferred(*(f"{842_302 + n},{row[1]},{row[3]}" for n, row in enumerate(ROWS)))["inputs"] == ["c1"]


def test_classes_written_as_floats():
    data = inferred("age,weight,class", *(f"{row[0]},{row[1]},{1.5 + n % 3 - 0.5}" for n, row in enumerate(ROWS)))
    assert data["columns"] == {"class_number": 'cast("class" as integer)'}
    assert data["targets"] == "class_number"


def test_names_in_a_comment():
    data = inferred(
        "# by NumPy", "# age weight sick", *(f"{row[0]} {row[1]:.3e} {n % 2}" for n, row in enumerate(ROWS))
    )
    assert data["csv"]["names"] == ["age", "weight", "sick"]


def test_the_content_of_a_file_tells_more_than_its_name(capsys):
    csv = "\n".join([NAMES, *LINES]) + "\n"
    lines = "\n".join(f'{{"age": {row[0]}, "sick": "{row[3]}"}}' for row in ROWS)
    arff = "@relation r\n@attribute 'the age' real\n@attribute sick {yes, no}\n@data\n"
    arff += "".join(f"{row[0]},{row[3]}\n" for row in ROWS)
    for name, text, source in (("t.parquet", csv, "csv"), ("t.xls", csv, "csv"), ("u.csv", lines, "json")):
        Path(name).write_text(text)
        assert main(["init", name, "-o", "spec.yaml", "--force"]) == 0
        assert kspec.load("spec.yaml").values["data"][source] == name
        assert not [each for each in kspec.check("spec.yaml", data=True) if each.severity.name != "INFO"]
    Path("v.csv").write_text(arff)
    assert main(["init", "v.csv", "-o", "spec.yaml", "--force"]) == 0
    assert kspec.load("spec.yaml").values["data"]["csv"]["names"] == ["the age", "sick"]
    Path("w.csv").write_bytes(gzip.compress(csv.encode()))
    assert main(["init", "w.csv", "-o", "-"]) != 0
    assert "name should end in .gz" in capsys.readouterr().err


def test_cells_with_several_categories_are_lists():
    kinds = ["Action", "Comedy", "Drama", "Horror"]
    places = ['"Rome, Italy"', '"Paris, France"', '"Lyon, France"', '"Bonn, Germany"']
    rows = [f"{'|'.join(kinds[n % 3 :][: n % 4])},{places[n % 3]},{n % 7 + 0.5}" for n in range(60)]
    data = inferred("genres,place,score", *rows)
    assert data["columns"] == {"genres_known": """coalesce("genres", 'none')"""}
    assert data["inputs"]["genres"] == {"column": "genres_known", "length": 3, "sep": "|"}
    assert data["inputs"]["place"] == "place"
    assert "missing" not in data


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1.2k", "3M", "980", "-2K"], [1200, 3e6, 980, -2000]),
        (["$1.5B", "$20M", "$3M", "$1,500M"], [1.5e9, 2e7, 3e6, 1.5e9]),
        (["5 KB", "1.5 GB", "700 B", "2 MB"], [5e3, 1.5e9, 700, 2e6]),
        (["10k+", "5M+", "500+", "1k+"], [1e4, 5e6, 500, 1e3]),
        (["0", "$1.99", "$4.99", "$3"], [0, 1.99, 4.99, 3]),
        (["12-", "15", "7.5-", "1"], [-12, 15, -7.5, 1]),
    ],
)
def test_numbers_with_a_scale_a_currency_or_a_minus_behind(texts, values):
    import duckdb

    rows = [f'"{texts[n % 4]}",{n},{"yes" if n % 3 else "no"}' for n in range(60)]
    data = inferred("x,n,sick", *rows)
    assert "x_number" in data["inputs"]
    found = duckdb.sql(f"select {data['columns']['x_number']} from (select unnest($t) as x)", params={"t": texts})
    assert [row[0] for row in found.fetchall()] == values


def test_metres_and_percents_are_no_scales(capsys):
    for texts in (["5m", "7m", "12"], ["0.5", "50%", "20%"]):
        data = inferred("x,n,sick", *(f"{texts[n % 3]},{n % 9},{'yes' if n % 4 else 'no'}" for n in range(60)))
        assert "columns" not in data


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        (("%Y-%m-%d", "%d/%m/%Y"), ["'%Y-%m-%d'", "'%d/%m/%Y'"]),
        (("%d.%m.%Y", "%b %d, %Y", "%Y%m%d"), ["'%d.%m.%Y'", "'%b %d, %Y'", "'%Y%m%d'"]),
        (("%m/%d/%y %I:%M %p", "%a, %d %B %Y"), ["'%m/%d/%y %I:%M %p'", "'%a, %d %B %Y'"]),
    ],
)
def test_dates_in_several_formats_are_one_time(formats, expected):
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(n) for n in range(90)]
    dates = [f'"{day.strftime(formats[n * len(formats) // 90])}"' for n, day in enumerate(days)]
    data = inferred("date,age,sick", *(f"{date},{n % 7},{n % 2}" for n, date in enumerate(dates)), rows=90)
    parsed = ", ".join(f'try_strptime("date", {each})' for each in expected)
    assert data["columns"] == {"date_time": f"coalesce({parsed})"}
    assert data["split"]["time"] == "date_time"


def test_dates_with_two_meanings_are_named():
    dates = [f"2020-01-{n + 1:02d}" if n < 6 else f"0{n - 5}/02/2020" for n in range(12)]
    inferred("date,age,sick", *(f"{date},{n % 7},{n % 2}" for n, date in enumerate(dates)), rows=12)
    assert (
        "it is a date, but it has times in several formats, such as `2020-01-01` and" in Path("spec.yaml").read_text()
    )


def test_cells_with_several_numbers_are_arrays_or_lists():
    rows = [
        f'"[{n}.5, {n * 7 % 11}.25]","{n % 90}.5, {n % 170}.5",+49 {n * 37 % 900} {n},{";".join("1234"[: n % 3 + 2])},'
        f"{('yes', 'no')[n % 2]}"
        for n in range(60)
    ]
    data = inferred("vector,place,phone,steps,sick", *rows)
    assert data["columns"] == {"vector_numbers": """trim("vector", '[]() ')"""}
    assert data["inputs"]["vector"] == {"column": "vector_numbers", "sep": ","}
    assert data["inputs"]["place"] == {"column": "place", "sep": ","}
    assert data["inputs"]["steps"] == {"column": "steps", "length": 4, "sep": ";"}
    assert "phone" not in data["inputs"]
