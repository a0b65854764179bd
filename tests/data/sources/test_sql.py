"""The source sql: SQLite files and a PostgreSQL server."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest

from kspec import SpecError
from kspec.data import load_for_prediction
from kspec.data.context import Context
from kspec.data.sources import names
from kspec.data.sources.read_request import Request
from kspec.diagnostics import Report
from kspec.language.files import relocate
from kspec.syntax.sql_text import query_problem
from tests.data.helpers import input_specs, make_spec, read

ALL_TRAIN = "split: {validation: 0, test: 0}"
ROWS = [(n, n / 4 if n else None, "pq"[n % 2], f"2024-01-{n + 1:02d}") for n in range(12)]


def sql(query="select * from t order by a", connect="shop.db"):
    return f'{{connect: "{connect}", query: "{query}"}}'


@pytest.fixture
def folder(tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("create table t (a integer, f real, s text, d text)")
        database.executemany("insert into t values (?, ?, ?, ?)", ROWS)
    return tmp_path


def test_rows_of_a_query(folder):
    data = read(folder, f"{{sql: {sql()}, inputs: [a, f], targets: s, missing: {{f: -1}}, {ALL_TRAIN}}}").data
    np.testing.assert_array_equal(data.splits["train"].inputs["x"], [[n, n / 4 if n else -1] for n in range(12)])
    assert data.splits["train"].targets["y"].tolist() == ["p", "q"] * 6
    query = "with x as (select a, a > 5 as big, d from t) select * from x where a > 2 order by a;"
    data = read(folder, f"{{sql: {sql(query)}, inputs: a, targets: big, split: {{time: d, validation: 0, test: 0.3}}}}", "x: {shape: [1]}").data  # fmt: skip
    assert data.splits["test"].inputs["x"].ravel().tolist() == [9, 10, 11]


def test_windows_over_rows(folder):
    window = "window: {length: 3, time: d}, inputs: {x: {columns: a, window: past}}, targets: a"
    data = read(folder, f"{{sql: {sql()}, {window}, {ALL_TRAIN}}}", "x: {shape: [3, 1]}").data
    assert np.asarray(data.splits["train"].targets["y"][:2]).ravel().tolist() == [3, 4]


def test_the_fingerprint_is_that_of_the_rows(folder):
    def fingerprint():
        return read(folder, f"{{sql: {sql()}, inputs: a, targets: s, {ALL_TRAIN}}}", "x: {shape: [1]}").data.fingerprint

    first = fingerprint()
    assert list(first) == ["shop.db"]
    with sqlite3.connect(folder / "shop.db") as database:
        database.execute("create table other (a)")
    assert fingerprint() == first
    with sqlite3.connect(folder / "shop.db") as database:
        database.execute("update t set a = 99 where a = 11")
    assert fingerprint() != first


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("select * from nope", "KS551 the database refuses the query: no such table: nope"),
        ("select b from t", "KS551 the database refuses the query: no such column: b"),
        ("select from where", 'KS551 the database refuses the query: near "from": syntax error'),
        ("with x as (select 1) delete from t", "KS551 the database refuses the query"),
        ("select load_extension('x')", "KS551 the database refuses the query: not authorized"),
        ("select * from t where a > 99", "KS506 the query returns no rows"),
    ],
)
def test_queries_without_rows_are_errors(folder, query, problem):
    result = read(folder, f"{{sql: {sql(query)}, inputs: a, targets: s}}")
    assert result.only.startswith(problem)
    assert result.pointed.strip('"') == query
    assert sqlite3.connect(folder / "shop.db").execute("select count(*) from t").fetchone() == (12,)


@pytest.mark.parametrize(
    ("connect", "problem"),
    [
        ("none.db", "KS501 file `none.db` not found"),
        ("text.db", "KS552 `text.db` is no SQLite database"),
        ("damaged.db", "KS551 the database refuses the query"),
        ("../outside.db", "KS701"),
    ],
)
def test_files_that_are_no_databases_are_errors(folder, connect, problem):
    (folder / "text.db").write_text("hello")
    (folder / "damaged.db").write_bytes((folder / "shop.db").read_bytes()[:100] + bytes(5000))
    shutil.copy(folder / "shop.db", folder.parent / "outside.db")
    result = read(folder, f"{{sql: {sql(connect=connect)}, inputs: a, targets: s}}")
    assert result.only.startswith(problem)


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("shop.db", "KS103"),
        ("{connect: shop.db}", "KS102"),
        (sql("drop table t"), "KS551"),
        (sql("select 1; drop table t"), "KS551"),
        (sql("attach 'x.db' as x"), "KS551"),
        (sql(connect="postgresql://me:secret@host/db"), "KS553"),
        (sql(connect="postgresql://host/db?password=secret"), "KS553"),
        (sql(connect="postgresql://host/db?passfile=/etc/passwd"), "KS103"),
        (sql(connect="mysql://host/db"), "KS103"),
    ],
)
def test_settings_that_read_nothing_are_errors(folder, setting, code):
    with pytest.raises(SpecError) as caught:
        make_spec(folder, f"{{sql: {setting}}}")
    assert [problem.code for problem in caught.value.diagnostics] == [code]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("select ';' as a -- ; x\n", True),
        ('/* drop */ SELECT $a$;$a$, "a;b" from t ; ', True),
        ("(select 1) union (select 2)", True),
        ("select 1;;", True),
        ("select 'a''; drop table t", True),
        ("select E'\\'; drop table t; --'", True),
        ("select '\\'; drop table t; --'", False),
        ("-- only this", False),
        ("select 1; select 2", False),
        ("explain select 1", False),
        ("copy t to '/tmp/x'", False),
        ("", False),
    ],
)
def test_one_statement_that_reads(text, is_one):
    assert (query_problem(text) == "") == is_one


ENDLESS = "with recursive t(n) as (select 1 union all select n + 1 from t) select"


def test_rows_without_end_reach_the_limit_of_memory(folder):
    setting = f"{{sql: {sql(f'{ENDLESS} n as a, n as f, n as s from t')}, inputs: a, targets: s, limits: {{gigabytes: 0.01}}}}"
    result = read(folder, setting)
    assert result.only.startswith("KS530")
    assert result.pointed.strip('"').startswith("with recursive")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_a_query_without_end_can_be_interrupted(folder):
    spec = make_spec(folder, f"{{sql: {sql(f'{ENDLESS} count(*) as a, 1 as s from t')}, inputs: a, targets: s}}")
    code = (
        "import signal, sys; from kspec.cli import main; from kspec.data.sources import sql\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "rows = sql._rows; sql._rows = lambda *given: (print('asked', flush=True), rows(*given))[1]\n"
        "sys.exit(main(['check', '--data', sys.argv[1]]))"
    )
    command = [sys.executable, "-c", code, spec.source.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "asked\n"
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            assert process.returncode == 130
        finally:
            process.kill()


def test_a_server_is_asked_only_with_permission(folder):
    result = read(folder, f"{{sql: {sql(connect='postgresql://localhost/db')}, inputs: a, targets: s}}")
    assert result.only.startswith("KS702")


def test_columns_paths_and_other_databases(folder):
    setting = f"{{sql: {sql()}, inputs: a, targets: s, {ALL_TRAIN}}}"
    spec, report = make_spec(folder, setting, "x: {shape: [1]}"), Report()
    request = Request(Context(spec, Report(), ("data", "sql")), {}, [])
    assert names("sql", spec.document.data.sql, request) == ["a", "f", "s", "d"]
    values = {"data": {"sql": {"connect": "shop.db", "query": "select 1"}}}
    relocate(values, spec, folder / "run")
    assert values["data"]["sql"] == {"connect": "../shop.db", "query": "select 1"}
    fitted = read(folder, setting, "x: {shape: [1]}").data.fitted
    shutil.copy(folder / "shop.db", folder / "new.sqlite")
    split = load_for_prediction(str(folder / "new.sqlite"), spec, input_specs(spec), ["y"], {}, fitted, report)
    assert split is not None
    assert split.inputs["x"].ravel().tolist() == list(range(12))


def server_command(name):
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *_debian_folders()]))


def _debian_folders():
    root = "/usr/lib/postgresql"
    return [f"{root}/{version}/bin" for version in sorted(os.listdir(root))] if os.path.isdir(root) else []


@pytest.fixture(scope="module")
def server():
    """The URL of a PostgreSQL server on the loopback, which ends with the tests."""
    initdb, postgres = server_command("initdb"), server_command("postgres")
    if initdb is None or postgres is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))  # below no folder that is closed to the server's user
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    subprocess.run(
        [initdb, "-D", data, "-A", "trust", "-U", "me", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
        **user,
    )
    with subprocess.Popen(
        [postgres, "-D", data, "-p", str(port), "-k", "", "-h", "127.0.0.1", "-F"],
        stderr=subprocess.PIPE, text=True, cwd=folder, **user,
    ) as process:  # fmt: skip
        try:
            for line in process.stderr:
                if "ready to accept connections" in line:
                    break
            else:
                pytest.skip("PostgreSQL does not start here")
            threading.Thread(target=process.stderr.read, daemon=True).start()
            url = f"postgresql://me@127.0.0.1:{port}/postgres"
            execute(url, TABLE)
            yield url
        finally:
            process.terminate()
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)


TABLE = """create table t as select n as a, case when n > 0 then n / 4.0 end as f, (n / 2.0)::numeric(10, 2) as m,
 n > 5 as b, chr(112 + n % 2) as s, date '2024-01-01' + n as d, timestamp '2024-01-01' + n * interval '1 hour' as h,
 array[n, n + 1]::int[] as l from generate_series(0, 11) n"""


BREAKS_LATER = """select n as a, n as s, case when n = 300000 then pg_terminate_backend(pg_backend_pid()) end as x
 from generate_series(1, 400000) n"""


def execute(url, statement):
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def allowed(monkeypatch):
    """Lets the specs of the helpers open connections."""
    import tests.data.helpers as helpers

    plain = helpers.make_spec
    monkeypatch.setattr(
        helpers, "make_spec", lambda *args, **options: plain(*args, **{**options, "allow_network": True})
    )


def test_postgresql(server, tmp_path, allowed):
    def read_rows(query, rest, inputs="x: {shape: [2]}"):
        return read(tmp_path, f"{{sql: {sql(query, server)}, {rest}}}", inputs)

    rows = "select * from t order by a"
    data = read_rows(rows, f"inputs: [a, m, l, f], targets: s, missing: {{f: -1}}, {ALL_TRAIN}", "x: {shape: [5]}").data
    expected = [[n, n / 2, n, n + 1, n / 4 if n else -1] for n in range(12)]
    np.testing.assert_array_equal(data.splits["train"].inputs["x"], expected)
    data = read_rows(rows, "inputs: [a, m], targets: b, split: {time: d, validation: 0, test: 2024-01-10}").data
    assert data.splits["test"].targets["y"].tolist() == [True] * 3
    window = "window: {length: 3, time: h, every: 1 hour}, inputs: {x: {columns: a, window: past}}, targets: a"
    data = read_rows(rows, f"{window}, {ALL_TRAIN}", "x: {shape: [3, 1]}").data
    assert np.asarray(data.splits["train"].targets["y"][:2]).ravel().tolist() == [3, 4]
    for query, problem in [
        ("select * from nope", 'KS551 the database refuses the query: relation "nope" does not exist'),
        ("select zz from t", 'KS551 the database refuses the query: column "zz" does not exist'),
        ("select 1 / (a - 5) as q from t", "KS551 the database refuses the query: division by zero"),
        (
            "with x as (delete from t returning a) select * from x",
            "KS551 the database refuses the query: cannot execute",
        ),
        (
            "select set_config('transaction_read_only', 'off', false)",
            "KS551 the database refuses the query: transaction",
        ),
        ("select * from t where a > 99", "KS506 the query returns no rows"),
        ("select pg_terminate_backend(pg_backend_pid())", "KS552 the connection to the database broke"),
        (BREAKS_LATER, "KS552 the connection to the database broke"),
    ]:
        assert read_rows(query, "inputs: a, targets: s").only.startswith(problem)
    assert len(read_rows(rows, f"inputs: [a, m], targets: s, {ALL_TRAIN}").data.splits["train"]) == 12


def test_a_server_that_is_down(tmp_path, allowed):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://me@127.0.0.1:{closed.getsockname()[1]}/shop"
        result = read(tmp_path, f"{{sql: {sql('select 1', url)}, inputs: a, targets: s}}")
    assert result.only.startswith("KS552 the database cannot be reached: connection to server at")
    assert "Connection refused" in result.only
