"""What `kspec check` reports of data that it does not read: the same as reading it, in the same words and places."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import kspec
from kspec.data.headers import csv as csv_headers
from kspec.diagnostics import Diagnostic

ROWS = "age,size,city,price\n" + "".join(f"{n % 9},{n},oslo,{n / 2}\n" for n in range(40))
SPEC = """\
kspec: 1
inputs: {{{inputs}}}
layers:
  - Flatten: {{}}
  - Dense: {{units: 1}}
compile: {{loss: mse}}
data:
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with data of several kinds."""
    (tmp_path / "t.csv").write_text(ROWS)
    (tmp_path / "more.csv").write_text(ROWS.replace("size,", "width,", 1))
    (tmp_path / "two.csv").write_text("a,a\n1,2\n")
    (tmp_path / "semicolon.csv").write_text(ROWS.replace(",", ";"))
    (tmp_path / "plain.dat").write_text("".join(f"{n} {n % 9} {n / 2}\n" for n in range(40)))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    quoted = '"age", "size", "city", "price"\n' + "".join(f'{n % 9}, {n}, "oslo, no", {n / 2}\n' for n in range(40))
    (tmp_path / "quoted.csv").write_text(quoted)
    np.savez(tmp_path / "a.npz", pictures=np.zeros((20, 4, 4)), digit=np.arange(20), word=np.array(["a"] * 20))
    np.savez(tmp_path / "short.npz", pictures=np.zeros((20, 4, 4)), digit=np.arange(19))
    np.save(tmp_path / "x.npy", np.zeros((20, 3)))
    np.save(tmp_path / "y.npy", np.arange(20.0))
    np.save(tmp_path / "objects.npy", np.array([{}], object))
    for place in ("pets/cat/1.png", "parts/train/cat/1.png", "flat/1.png", "masks/1.png", "none/a/readme"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_bytes(b"")
    return tmp_path


def write(folder: Path, data: str, inputs: str = "x: {shape: [2]}", more: str = "") -> Path:
    path = folder / "spec.yaml"
    path.write_text(SPEC.format(inputs=inputs) + "".join(f"  {line}\n" for line in data.splitlines()) + more)
    return path


def facts(found: list[Diagnostic]) -> list[tuple[object, ...]]:
    return [(d.code, d.message, d.span and d.span[1:], d.label, d.help) for d in found]


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        ("csv: tt.csv\ntargets: price", ["KS501"]),
        ("csv: 'parts/*.csv'\ntargets: price", ["KS501"]),
        ("csv: pets\ntargets: price", ["KS501"]),
        ("csv: {path: {train: t.csv, test: u.csv}}\ntargets: price", ["KS501"]),
        ("csv: two.csv\ntargets: a", ["KS504"]),
        ("csv: t.csv\ninputs: [agee, size]\ntargets: prize", ["KS502", "KS502"]),
        ("csv: t.csv\ninputs: [a*, b*]\ntargets: price", ["KS502"]),
        ("csv: t.csv\ninputs: {z: age}\ntargets: price", ["KS509"]),
        ("csv: t.csv\ninputs: [age, size]\ntargets: price\nweights: wieght", ["KS502"]),
        ("csv: t.csv\ninputs: [age, size]\ntargets: price\nsplit: {by: part}", ["KS502"]),
        ("csv: t.csv\ninputs: [age, size]\ntargets: price\nsplit: {group: cty, validation: 0.2}", ["KS502"]),
        ("csv: t.csv\ninputs: [age, size]\ntargets: price\nmissing: {szie: 0}", ["KS502"]),
        ("csv: {path: t.csv, missing: {agee: '?'}}\ninputs: [age, size]\ntargets: price", ["KS502"]),
        ("csv: {path: t.csv, names: [a, b]}\ninputs: [a, b]\ntargets: b", ["KS504"]),
        ("csv: t.csv\nread: {photo: image}\ninputs: [age, size]\ntargets: price", ["KS502"]),
        ("csv: t.csv\ninputs: [age, size, price]\ntargets: price", ["KS505", "KS515"]),
        ("csv: t.csv\ninputs: [age, price]\ntargets: price", ["KS515"]),
        ("csv: t.csv\ncolumns: {half: price / 2}\ninputs: [age, half]\ntargets: price", ["KS515"]),
        ("csv: t.csv\ncolumns: {size: price / 2}\ninputs: [age, size]\ntargets: price", ["KS544"]),
        ("csv: t.csv\ncolumns: {half: sizee / 2}\ninputs: [age, half]\ntargets: price", ["KS502"]),
        ("csv: t.csv\nwhere: agee > 2\ninputs: [age, size]\ntargets: price", ["KS502"]),
        ("csv: t.csv\ninputs: age\ntargets: price", ["KS505"]),
        ("csv: t.csv\ninputs: [age, size]", ["KS509"]),
        ("csv: t.csv\ninputs: [age, size]\ntargets: price\nmissing: {age: {fill: 0, indicator: true}}", ["KS505"]),
        ("csv: semicolon.csv\ninputs: [age, size]\ntargets: price", ["KS502", "KS502", "KS502"]),
        ("csv: t.csv.gz\ninputs: [age, sise]\ntargets: price", ["KS502"]),
        ("csv: quoted.csv\ninputs: [age, sise]\ntargets: price", ["KS502"]),
        ("csv: [t.csv, more.csv]\ninputs: [age, size]\ntargets: price", ["KS508"]),
        ("csv: {path: plain.dat, delimiter: whitespace, header: false}\ninputs: [c0, c1]\ntargets: c3", ["KS502"]),
        ("csv: t.csv\nwindow: {length: 2, time: tim}\ninputs: {x: {columns: age, window: past}}\ntargets: price",
         ["KS502"]),
        ("npz: b.npz", ["KS501"]),
        ("npz: a.npz\ninputs: {x: picture}\ntargets: digit", ["KS502"]),
        ("npz: a.npz\ninputs: {x: pictures}\ntargets: digit", ["KS505"]),
        ("npz: short.npz\ninputs: {x: pictures}\ntargets: digit", ["KS505"]),
        ("npz: {path: a.npz, train: {x: pictures, y: digits}}\ntargets: y", ["KS502"]),
        ("npy: {x: x.npy, y: z.npy}\ntargets: y", ["KS501"]),
        ("npy: {x: x.npy, y: y.npy}\ntargets: y", ["KS505"]),
        ("npy: x.npy\ntargets: c9", ["KS502"]),
        ("npy: {x: x.npy, y: objects.npy}\ntargets: y", ["KS504"]),
        ("images: pets2", ["KS501"]),
        ("images: parts", ["KS501"]),
        ("images: flat", ["KS501"]),
        ("images: masks/1.png", ["KS501"]),
        ("texts: flat", ["KS501"]),
        ("files: {photo: 'flat/{id}.jpg'}\ntargets: id", ["KS501"]),
        ("files: {photo: 'flat/{id}.png'}\ntargets: di", ["KS502"]),
        ("parquet: t.parquet\ntargets: price", ["KS501"]),
        ("json: t.jsonl\ntargets: price", ["KS501"]),
        ("arrow: 'pets/*.arrow'\ntargets: price", ["KS501"]),
        ("synthetic: {}\ntargets: price", ["KS509"]),
    ],
)  # fmt: skip
def test_check_reports_what_reading_reports(folder: Path, data: str, codes: list[str]) -> None:
    path = write(folder, data)
    found = kspec.check(path)
    assert sorted(d.code for d in found) == sorted(codes), [str(d) for d in found]
    assert facts(found) == facts([d for d in kspec.check(path, data=True) if d.code in codes])


@pytest.mark.parametrize(
    ("data", "inputs"),
    [
        ("csv: t.csv\ninputs: [age, size]\ntargets: price", "x: {shape: [2]}"),
        (
            "csv: t.csv\ninputs: [age, size]\ntargets: price\nmissing: {age: {fill: 0, indicator: true}}",
            "x: {shape: [3]}",
        ),
        ("csv: {path: t.csv, header: true, names: [a, b, c, d]}\ninputs: [a, b]\ntargets: d", "x: {shape: [2]}"),
        ("csv: {path: t.csv, skip_rows: 2, header: false}\ninputs: [c0, c1]\ntargets: c3", "x: {shape: [2]}"),
        ("csv: {path: plain.dat, delimiter: whitespace, header: false}\ntargets: c2", "x: {shape: [2]}"),
        ("csv: quoted.csv\ninputs: [age, size]\ntargets: price", "x: {shape: [2]}"),
        ("csv: [t.csv, more.csv]\ninputs: age\ntargets: price", "x: {shape: [1]}"),
        ("csv: t.csv\ncolumns: {half: size / 2}\ninputs: [age, half]\ntargets: price", "x: {shape: [2]}"),
        ("npz: {path: a.npz, train: {x: pictures, y: digit}}\ntargets: y", "x: {shape: [4, 4]}"),
        ("npz: a.npz\ninputs: {x: pictures}\ntargets: digit", "x: {shape: [16]}"),
        ("npy: x.npy\ntargets: c2", "x: {shape: [2]}"),
        (
            "csv: 'm*.csv'\nwindow: {length: 2, time: width}\ninputs: {x: {columns: [age], window: past}}\ntargets: price",
            "x: {shape: [2, 1]}",
        ),
    ],
)
def test_check_has_nothing_to_say_of_data_that_can_be_read(folder: Path, data: str, inputs: str) -> None:
    path = write(folder, data, inputs)
    assert not any(d.is_error for d in kspec.check(path, data=True))
    assert [d for d in kspec.check(path) if d.code.startswith("KS5")] == []


@pytest.mark.parametrize("ignore", ["# kspec: ignore[KS501]", ""])
def test_absent_data_can_be_ignored(folder: Path, ignore: str) -> None:
    path = write(folder, f"csv: tt.csv {ignore}\ntargets: price")
    if not ignore:
        (folder / "pyproject.toml").write_text('[tool.kspec]\nignore = ["KS501"]\n')
    assert kspec.check(path) == []


def test_files_are_reported_beside_errors_of_the_network(folder: Path) -> None:
    path = write(folder, "csv: tt.csv\ntargets: price")
    path.write_text(path.read_text().replace("units: 1", "unit: 1"))
    assert "KS501" in [d.code for d in kspec.check(path)]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("targets: prise", ["KS502"]),
        ("targets: price\ninputs: {x: [age, sise]}", ["KS502"]),
        ("targets: {y: price}\nsplit: {time: dade}", ["KS502"]),
        ("targets: {y: price, z: age}\nweights: {y: w}", ["KS502"]),
        ("targets: price", []),
        ("targets: {y: price}\nsplit: {stratify: true}", []),
        ("split: {stratify: true}", []),
    ],
)
def test_columns_are_checked_beside_errors_of_the_network(folder: Path, data: str, found: list[str]) -> None:
    path = write(folder, f"csv: t.csv\n{data}")
    path.write_text(path.read_text().replace("Dense: {units: 1}", "Dense: {units: 1}\n    from: nowhere"))
    codes = [d.code for d in kspec.check(path)]
    assert "KS201" in codes
    assert [code for code in codes if code.startswith("KS5")] == found


def test_shapes_of_the_data_sets_of_keras_are_known(folder: Path) -> None:
    sound, wrong = (write(folder, "keras: mnist", f"x: {{shape: {shape}}}").read_text() for shape in ([28, 28], [28]))
    found = []
    for text in (sound, wrong):
        (folder / "spec.yaml").write_text(text + "  targets: y\n")
        found.append([d.code for d in kspec.check(folder / "spec.yaml")])
    assert found == [[], ["KS505"]]


def test_links_are_followed_only_where_reading_may(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text("secret,name\n1,2\n")
    (folder / "link.csv").symlink_to(outside)
    path = write(folder, "csv: link.csv\ntargets: price")
    found = kspec.check(path)
    assert facts(found) == facts(kspec.check(path, data=True))
    assert found
    assert not any("secret," in str(d) for d in found)


def test_what_is_hostile_is_not_read_far(folder: Path) -> None:
    """Some gigabytes without a line end, a pipe, and an archive that grows."""
    with (folder / "long.csv").open("wb") as file:
        file.write(b"a,b")
        file.truncate(8 << 30)
    os.mkfifo(folder / "pipe.csv")
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", b"a," * (20 << 20))
    for name in ("long.csv", "pipe.csv", "bomb.zip"):
        found = kspec.check(write(folder, f"csv: {name}\ntargets: b"))
        assert [d.code[:3] for d in found] == ["KS5"], name


def test_headers_are_read_again_only_if_they_change(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(folder, "csv: t.csv\ninputs: [age, size]\ntargets: price")
    assert kspec.check(path) == []
    read: list[str] = []
    original = csv_headers.first_rows
    monkeypatch.setattr(csv_headers, "first_rows", lambda *args: read.append(args[1]) or original(*args))
    assert kspec.check(path) == []
    assert read == []
    (folder / "t.csv").write_text(ROWS.replace("price", "prize", 1))
    assert [d.code for d in kspec.check(path)] == ["KS502"]
    assert read == ["t.csv"]


def test_heavy_packages_are_not_imported(folder: Path) -> None:
    sources = (
        "csv: quoted.csv",
        "npz: a.npz",
        "npy: x.npy",
        "images: flat",
        "files: {a: 'flat/{id}.png'}",
        "json: t.json",
    )
    paths = []
    for number, source in enumerate(sources):
        paths.append(str(write(folder, f"{source}\ntargets: y").rename(folder / f"spec{number}.yaml")))
    code = (
        "import sys, kspec\n"
        "for path in sys.argv[1:]: kspec.check(path)\n"
        "print({'numpy', 'pandas', 'pyarrow', 'duckdb', 'tensorflow'} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True)
    assert answer.stdout == "set()\n"


EVALUATE = "evaluate: {{data: {}}}\n"
PREDICT = "predict: {{data: {}}}\n"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (EVALUATE.format("absent.csv"), "KS501"),
        (PREDICT.format("absent/*.csv"), "KS501"),
        (EVALUATE.format("more.csv"), "KS502"),
        (PREDICT.format("more.csv"), "KS502"),
        (EVALUATE.format("new.csv"), "KS502"),
        (PREDICT.format("new.csv"), None),
        (EVALUATE.format("t.csv"), None),
        (PREDICT.format("new.csv, keep: [id]"), "KS502"),
        (PREDICT.format("two.csv"), "KS504"),
    ],
)
def test_the_data_of_evaluate_and_predict(folder, more, code):
    (folder / "new.csv").write_text("age,size\n3,4\n5,6\n")
    path = write(folder, "csv: t.csv\ninputs: [age, size]\ntargets: {dense: price}", more=more)
    found, read = kspec.check(path), kspec.check(path, data=True)
    assert [d.code for d in found] == ([code] if code else [])
    assert facts(found) == facts([d for d in read if d.is_error])


def test_other_data_without_a_header_has_the_columns_of_training(folder):
    (folder / "wide.csv").write_text("1,2,3\n" * 9)
    (folder / "narrow.csv").write_text("1\n" * 9)
    data = "csv: {path: wide.csv, header: false}\ninputs: [c0, c1]\ntargets: {dense: c2}"
    (folder / "few.csv").write_text("1,2\n" * 9)
    assert kspec.check(write(folder, data, more=PREDICT.format("few.csv"))) == []
    path = write(folder, data, more=PREDICT.format("narrow.csv"))
    assert [d.code for d in kspec.check(path)] == ["KS504"]
    assert facts(kspec.check(path)) == facts([d for d in kspec.check(path, data=True) if d.is_error])
