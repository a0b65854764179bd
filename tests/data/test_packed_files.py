"""Packed tables."""

import bz2
import gzip
import io
import lzma
import zipfile

import pyarrow as pa
import pytest

from kspec.data.sources import source_of
from tests.data.helpers import read

LINES = b"a,b\n" + b"".join(b"%d,%d\n" % (number, number % 3) for number in range(30))
ALL_TRAIN = "split: {validation: 0, test: 0}"


def zipped(data, *names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data)
    return file.getvalue()


def zstd(data):
    return pa.compress(data, "zstd", asbytes=True)


PACKINGS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zip": lambda data: zipped(data, "t.csv", "__MACOSX/t.csv"),
    "zst": zstd,
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_packed_tables(tmp_path, packing):
    (tmp_path / f"t.csv.{packing}").write_bytes(PACKINGS[packing](LINES))
    data = read(tmp_path, f"{{csv: t.csv.{packing}, targets: b, {ALL_TRAIN}}}", "x: {shape: [1]}").data
    assert data.splits["train"].inputs["x"].ravel().tolist() == list(range(30))
    (tmp_path / f"t.json.{packing}").write_bytes(PACKINGS[packing](b'{"a": 1, "b": 2}\n' * 9))
    data = read(tmp_path, f"{{json: t.json.{packing}, targets: b, {ALL_TRAIN}}}", "x: {shape: [1]}").data
    assert data.splits["train"].targets["y"].tolist() == [2] * 9
    assert source_of(f"t.jsonl.{packing.upper()}") == "json"


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("source", ["csv", "json"])
def test_damage_is_one_error(tmp_path, packing, source):
    whole = PACKINGS[packing](b"a,b\n" + bytes(range(32, 127)) * 400)
    for damaged in (whole[: len(whole) // 2], b"hello, world", whole[:20] + b"?" * 20 + whole[40:]):
        (tmp_path / f"t.{source}.{packing}").write_bytes(damaged)
        assert read(tmp_path, f"{{{source}: t.{source}.{packing}}}").only.startswith("KS504")


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("source", ["csv", "json"])
def test_what_grows_too_much_is_not_unpacked(tmp_path, packing, source):
    (tmp_path / f"t.{source}.{packing}").write_bytes(PACKINGS[packing]((b"0" * 999 + b"\n") * 40_000))
    assert read(tmp_path, f"{{{source}: t.{source}.{packing}}}").only.startswith("KS531")


def test_several_streams_are_one_text(tmp_path):
    for packing in ("gz", "bz2", "xz"):
        pack = PACKINGS[packing]
        (tmp_path / f"t.csv.{packing}").write_bytes(pack(LINES[:50]) + pack(LINES[50:]))
        data = read(tmp_path, f"{{csv: t.csv.{packing}, targets: b, {ALL_TRAIN}}}", "x: {shape: [1]}").data
        assert len(data.splits["train"]) == 30


def test_a_zip_file_holds_one_table(tmp_path):
    (tmp_path / "t.csv.zip").write_bytes(zipped(LINES, "a.csv", "b.csv"))
    assert "it holds 2 files: `a.csv`, `b.csv`; unpack the one to read" in read(tmp_path, "{csv: t.csv.zip}").only
    (tmp_path / "t.csv.zip").write_bytes(zipped(LINES))
    assert "it holds 0 files; unpack" in read(tmp_path, "{csv: t.csv.zip}").only


def test_memory_of_xz_is_bounded(tmp_path):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 512 << 20}]
    (tmp_path / "t.csv.xz").write_bytes(lzma.compress(LINES[:40], filters=filters))
    assert "KS504" in read(tmp_path, "{csv: t.csv.xz}").only
