"""Make every data set of this folder again, bit for bit.

    python specs/data/make.py            # write them here
    python specs/data/make.py --check    # make them in a temporary folder and compare; exit code 1 when a file differs

It needs packages that kspec itself does not: scikit-learn (four sets), statsmodels (CO2 and sunspots) and Pillow (the
pictures). The files beside this script were made with

    pip install scikit-learn==1.9.1 statsmodels==0.15.0 pillow==13.0.0

Nothing is downloaded: both packages carry the data. Nothing is drawn at random either, so there is no seed to set. The
tables come out the same with any recent version; another Pillow may compress the same pixels into other bytes, in
which case `--check` says that only the packing differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from statsmodels.datasets import co2 as mauna_loa
from statsmodels.datasets import sunspots as sunspots_of_years

HERE = Path(__file__).resolve().parent

# digits: the classes, the edge of a picture and the grey levels that are kept (the originals have 17, too)
DIGITS = {3: "three", 8: "eight"}
EDGE = 64
LEVELS = 17

# co2_windows: all in weeks
LENGTH = 100
QUARTER = 13
STRIDE = 2
LONGEST_GAP = 4
VALIDATION_FROM = np.datetime64("1983-01-01")
TEST_FROM = np.datetime64("1991-01-01")


def number(value: float) -> str:
    """The shortest text that reads back as the same number: 17.99, 1001, 0.07871."""
    text = repr(float(value))
    return text.removesuffix(".0")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [",".join(header)]
    lines += [",".join(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def breast_cancer(folder: Path) -> None:
    data = load_breast_cancer()
    means = [i for i, name in enumerate(data.feature_names) if name.startswith("mean ")]
    header = [data.feature_names[i].replace(" ", "_") for i in means]
    labels = [str(data.target_names[code]) for code in data.target]
    write_csv(
        folder / "breast_cancer.csv",
        [*header, "diagnosis"],
        ([*map(number, row), label] for row, label in zip(data.data[:, means], labels, strict=True)),
    )


def diabetes(folder: Path) -> None:
    data = load_diabetes(scaled=False)
    # scikit-learn calls the six serum measurements s1 … s6; these are the names that the study itself gives them
    header = ["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu"]
    assert list(data.feature_names) == ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
    rows = np.column_stack([data.data, data.target])
    write_csv(folder / "diabetes.csv", [*header, "progression"], ([*map(number, row)] for row in rows))


def wine(folder: Path) -> None:
    data = load_wine()
    header = [name.replace("od280/od315_of_diluted_wines", "od280_od315") for name in data.feature_names]
    cultivars = ["barolo", "grignolino", "barbera"]  # the origin's names for its classes 1, 2 and 3
    assert np.bincount(data.target).tolist() == [59, 71, 48]
    write_csv(
        folder / "wine.csv",
        [*header, "cultivar"],
        ([*map(number, row), cultivars[code]] for row, code in zip(data.data, data.target, strict=True)),
    )


def digits(folder: Path) -> None:
    data = load_digits()
    for index, (image, digit) in enumerate(zip(data.images, data.target, strict=True)):
        if digit not in DIGITS:
            continue
        small = Image.fromarray(np.round(image * 255 / 16).astype(np.uint8))
        smooth = np.asarray(small.resize((EDGE, EDGE), Image.Resampling.BICUBIC), dtype=float)
        level = np.round(smooth * (LEVELS - 1) / 255)
        grey = np.round(level * 255 / (LEVELS - 1)).astype(np.uint8)
        path = folder / "digits" / DIGITS[digit] / f"{index:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(grey).save(path, optimize=True)


def filled(weeks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The series, its missing weeks on a straight line between their neighbours; and the weeks inside a long gap."""
    missing = np.isnan(weeks)
    where = np.arange(len(weeks))
    line = np.interp(where, where[~missing], weeks[~missing])
    too_long = np.zeros(len(weeks), bool)
    start = 0
    for week in range(len(weeks) + 1):
        if week == len(weeks) or not missing[week]:
            too_long[start:week] = week - start > LONGEST_GAP
            start = week + 1
    return line, too_long


def co2_windows(folder: Path) -> None:
    series = mauna_loa.load_pandas().data["co2"]
    dates = series.index.to_numpy().astype("datetime64[D]")
    ppm, too_long = filled(series.to_numpy(dtype=float))
    rows = []
    for now in range(LENGTH, len(ppm) - QUARTER + 1, STRIDE):  # `now` is the first week of the quarter to come
        first, last = now - LENGTH, now + QUARTER - 1
        if too_long[first : last + 1].any():
            continue
        # A window belongs to the part that holds all of its weeks, the quarter to come included. One that straddles a
        # boundary is left out, so that no two parts share a week.
        if dates[last] < VALIDATION_FROM:
            part = "train"
        elif dates[first] >= VALIDATION_FROM and dates[last] < TEST_FROM:
            part = "validation"
        elif dates[first] >= TEST_FROM:
            part = "test"
        else:
            continue
        window = ppm[first:now]
        rises = ppm[now : last + 1].mean() > ppm[now - QUARTER : now].mean()
        steps = [number(round(float(value), 2) + 0.0) for value in window - window.mean()]
        rows.append([*steps, "rises" if rises else "falls", part])
    header = [*(f"step_{step:03d}" for step in range(LENGTH)), "next_quarter", "part"]
    write_csv(folder / "co2_windows.csv", header, rows)


def sunspots(folder: Path) -> None:
    data = sunspots_of_years.load_pandas().data
    rows = ([number(year), number(count)] for year, count in data[["YEAR", "SUNACTIVITY"]].to_numpy(dtype=float))
    write_csv(folder / "sunspots.csv", ["year", "sunspots"], rows)


def make(folder: Path) -> None:
    for one in (breast_cancer, diabetes, wine, digits, co2_windows, sunspots):
        one(folder)


def made_files(folder: Path) -> dict[str, Path]:
    found = [*folder.glob("*.csv"), *folder.glob("digits/*/*.png")]
    return {path.relative_to(folder).as_posix(): path for path in sorted(found)}


def compare(here: Path, fresh: Path) -> list[str]:
    old, new = made_files(here), made_files(fresh)
    problems = [f"{name}: missing here" for name in new.keys() - old.keys()]
    problems += [f"{name}: here, but not made by this script" for name in old.keys() - new.keys()]
    for name in old.keys() & new.keys():
        if old[name].read_bytes() == new[name].read_bytes():
            continue
        same_pixels = name.endswith(".png") and np.array_equal(Image.open(old[name]), Image.open(new[name]))
        problems.append(f"{name}: {'same pixels, packed differently' if same_pixels else 'differs'}")
    return sorted(problems)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the data sets of specs/data again.")
    parser.add_argument("--check", action="store_true", help="compare with what is here instead of writing")
    if not parser.parse_args().check:
        make(HERE)
        print(f"{len(made_files(HERE))} files in {HERE}")
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary)
        make(fresh)
        problems = compare(HERE, fresh)
        count = len(made_files(fresh))
    print("\n".join(problems) or f"all {count} files are the same, bit for bit")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
