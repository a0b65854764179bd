"""The size of data is looked at before memory is taken; each file here is small and claims, or becomes, far more."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kspec

TABLE = """\
kspec: 1
data: {SOURCE, targets: y, split: {validation: 0, test: 0}}
inputs: {x: {shape: [1]}}
layers: [{Dense: {units: 1}}]
task: regression
"""
IMAGES = """\
kspec: 1
data: {images: pictures, split: {validation: 0, test: 0}LIMITS}
inputs: {x: {shape: [4, 4, 3]}}
layers: [Flatten, {Dense: {units: 2, activation: softmax}}]
"""


def problem(folder, text):
    """The only error of a spec whose data is read, as `code message`."""
    (folder / "spec.yaml").write_text(text)
    found = [problem for problem in kspec.check(folder / "spec.yaml", data=True) if problem.is_error]
    assert len(found) == 1, found
    assert found[0].span is not None
    assert found[0].span.line == 2
    return f"{found[0].code} {found[0].message}"


def of_table(folder, source):
    return problem(folder, TABLE.replace("SOURCE", source))


def write_members(path, block, times):
    """A gzip file of many equal members, which is quick to write."""
    path.write_bytes(gzip.compress(block) * times)


def test_a_packed_table_may_not_grow_too_much(tmp_path):
    write_members(tmp_path / "t.csv.gz", b"x,y\n" + b"1,1\n" * (1 << 18), 17)
    assert of_table(tmp_path, "csv: t.csv.gz").startswith("KS531 `t.csv.gz` becomes many times larger")
    write_members(tmp_path / "t.csv.gz", b"x" * (1 << 20), 17)
    assert of_table(tmp_path, "csv: t.csv.gz").startswith("KS531")


def test_the_limits_of_a_table_can_be_raised_and_lowered(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n" + "1,2\n" * 1000)
    assert of_table(tmp_path, "csv: t.csv, limits: {gigabytes: 0.00001}").startswith(
        "KS530 `t.csv` takes about 36 kB of memory, more than the limit of 10 kB"
    )
    write_members(tmp_path / "t.csv.gz", b"x,y\n1,2\n3,4\n", 1)
    (tmp_path / "spec.yaml").write_text(TABLE.replace("SOURCE", "csv: t.csv.gz, limits: {ratio: 0.1, gigabytes: 1}"))
    assert not kspec.check(tmp_path / "spec.yaml", data=True)[1:]  # small files may grow as they like


def test_a_header_is_bounded(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"x" * (17 << 20))
    assert of_table(tmp_path, "csv: t.csv").startswith("KS532 the first line of `t.csv` is longer than 16 million")
    (tmp_path / "t.csv").write_bytes(b",".join(b"%d" % n for n in range(100_001)) + b"\n")
    assert of_table(tmp_path, "csv: t.csv") == "KS532 `t.csv` has 100,001 columns, more than the limit of 100,000"


def test_lines_of_other_lengths_are_counted_and_not_kept(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n" + "1,2,3,4\n" * 20_000)
    assert "line 2 has 4" in of_table(tmp_path, "csv: t.csv")


def npy(shape, data=b"", dtype="<f8"):
    """The bytes of a `.npy` file that claims a shape."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)


@pytest.mark.parametrize(
    "member",
    [
        npy((10**12,)),
        npy((10**30, 0)),
        npy((10**9,), dtype="<U0"),
        npy("(" * 5000),
        npy((3, -1)),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
    ],
    ids=["large", "without numbers", "without letters", "nested", "negative", "header"],
)
def test_arrays_hold_what_they_claim(member, tmp_path):
    archive(tmp_path / "t.npz", x=member, y=npy((3,), bytes(24)))
    assert of_table(tmp_path, "npz: t.npz")[:5] in ("KS530", "KS504")


def test_an_archive_may_not_grow_too_much(tmp_path):
    archive(tmp_path / "t.npz", x=npy((10**6,), bytes(8 * 10**6)), y=npy((3,), bytes(24)))
    data = bytearray((tmp_path / "t.npz").read_bytes())
    for size, code in ((10**9, "KS531"), (3 * 10**9, "KS531")):
        struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, size)
        (tmp_path / "t.npz").write_bytes(data)
        assert of_table(tmp_path, "npz: t.npz").startswith(code)
    end = data.rindex(b"PK\x05\x06")
    struct.pack_into("<L", data, end + 12, 2**31)
    (tmp_path / "t.npz").write_bytes(data)
    assert of_table(tmp_path, "npz: t.npz").startswith("KS532")


def test_a_text_that_is_repeated_counts_each_time(tmp_path):
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, np.int32)), pa.array(["x" * 100_000]))
    table = pa.table(
        {"t": texts.cast(pa.dictionary(pa.int32(), pa.string())), "x": np.ones(20_000), "y": np.ones(20_000)}
    )
    pq.write_table(table, tmp_path / "t.parquet", store_schema=False)
    assert (tmp_path / "t.parquet").stat().st_size < 200_000
    assert of_table(tmp_path, "parquet: t.parquet").startswith("KS531 `t.parquet` becomes")


def test_numbers_that_are_repeated_count_each_time(tmp_path):
    table = pa.table({"x": np.ones(5_000_000), "y": np.ones(5_000_000)})
    pq.write_table(table, tmp_path / "t.parquet")
    assert of_table(tmp_path, "parquet: t.parquet").startswith("KS531")


def test_columns_of_parquet_are_bounded(tmp_path):
    pq.write_table(pa.table({str(n): [1] for n in range(50)}), tmp_path / "t.parquet")
    assert of_table(tmp_path, "parquet: t.parquet, limits: {columns: 40}").startswith("KS532")


@pytest.mark.parametrize("source", ["synthetic: {examples: 100000000000}", "synthetic: {classes: 10000000000}"])
def test_synthetic_data_is_bounded(source, tmp_path):
    text = f"kspec: 1\ndata: {{{source}}}\ninputs: {{x: {{shape: [64, 64, 3]}}}}\nlayers: [Flatten, {{Dense: {{units: 1}}}}]\n"
    assert problem(tmp_path, text).startswith("KS530")


def png(width, height):
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


LARGE = {
    "png": png(50_000, 50_000),
    "gif": b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + bytes(20),
    "bmp": b"BM" + bytes(16) + struct.pack("<ii", 50_000, -50_000) + bytes(20),
    "jpg": b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc2\x00\x11\x08" + struct.pack(">HH", 60_000, 60_000) + bytes(20),
}


@pytest.mark.parametrize("suffix", LARGE)
def test_the_size_in_the_header_of_an_image_is_bounded(suffix, tmp_path):
    for label in "ab":
        (tmp_path / "pictures" / label).mkdir(parents=True)
        (tmp_path / "pictures" / label / f"1.{suffix}").write_bytes(LARGE[suffix])
    found = problem(tmp_path, IMAGES.replace("LIMITS", ""))
    assert found.startswith(f"KS534 `pictures/a/1.{suffix}` has ")
    assert found.endswith("pixels, more than the limit of 100 million")


def test_the_files_of_a_folder_are_bounded(tmp_path):
    for label in "ab":
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for number in range(5):
            (tmp_path / "pictures" / label / f"{number}.png").write_bytes(png(1, 1))
    found = problem(tmp_path, IMAGES.replace("LIMITS", ", limits: {files: 8}"))
    assert found == "KS533 `pictures` leads to more than 8 files and folders"
