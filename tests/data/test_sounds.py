"""Sounds and texts: folders with a folder for each class, and columns of paths."""

import struct

import numpy as np
import pytest
from scipy.io import wavfile
from scipy.signal import resample_poly

from kspec.data.files import decoded_files
from kspec.data.files.wav import InvalidSound, read_samples
from kspec.data.pipeline import Batches
from tests.data.helpers import read

ALL_TRAIN = "split: {validation: 0, test: 0}"
AUDIO = f"{{audio: snd, {ALL_TRAIN}}}"


def samples(frames, channels=1, seed=0):
    return np.random.default_rng(seed).integers(-30_000, 30_000, (frames, channels)).astype(np.int16)


@pytest.fixture
def sounds(tmp_path):
    """Three sounds of 4,000 Hz, of 8, 10 and 12 samples."""
    for number, label in enumerate(("a", "a", "b")):
        (tmp_path / "snd" / label).mkdir(parents=True, exist_ok=True)
        wavfile.write(tmp_path / "snd" / label / f"{number}.wav", 4000, samples(8 + 2 * number, seed=number))
    return tmp_path


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_equal_those_of_scipy(tmp_path, dtype, channels):
    values = np.random.default_rng(1).uniform(-1, 1, (50, channels))
    if dtype == "uint8":
        stored = (values * 127 + 128).astype(dtype)
        wanted = (stored.astype(float) - 128) / 128
    elif dtype.startswith("int"):
        most = -float(np.iinfo(dtype).min)
        stored = (values * (most - 1)).astype(dtype)
        wanted = stored / most
    else:
        stored = wanted = values.astype(dtype)
    wavfile.write(tmp_path / "s.wav", 8000, stored)
    rate, found = read_samples((tmp_path / "s.wav").read_bytes())
    assert rate == 8000
    np.testing.assert_array_equal(found, wanted.astype(np.float32))


def test_samples_of_24_bits_and_chunks_before_them():
    numbers = [0, 1, -1, 2**23 - 1, -(2**23)]
    data = b"".join(struct.pack("<i", number)[:3] for number in numbers) + b"\0"
    form = struct.pack("<HHIIHH", 1, 1, 8000, 24000, 3, 24)
    chunks = b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", 16) + form
    chunks += b"data" + struct.pack("<I", 15) + data
    _, found = read_samples(b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks)
    np.testing.assert_array_equal(found[:, 0], np.array(numbers) / 2**23)
    compressed = chunks.replace(form, struct.pack("<HHIIHH", 2, 1, 8000, 24000, 3, 24))
    for content in (b"", b"no sound", b"RIFF0000WAVE", b"RIFF0000WAVE" + compressed):
        with pytest.raises(InvalidSound):
            read_samples(content)


def test_sounds_are_cut_and_followed_by_zeros(sounds):
    import tensorflow as tf

    data = read(sounds, AUDIO, "x: {shape: [10]}").data
    found = data.splits["train"].inputs["x"]
    for number, label in enumerate(("a", "a", "b")):
        content = (sounds / "snd" / label / f"{number}.wav").read_bytes()
        theirs = tf.audio.decode_wav(content, 1, 10).audio.numpy()[:, 0]
        np.testing.assert_array_equal(found[number], theirs)
    assert data.notes == [
        "`x` takes 10 samples at 4,000 Hz: 1 of 3 sounds is shorter and followed by zeros; 1 of 3 sounds is longer and cut"
    ]
    assert data.fitted["rates"] == {"audio": 4000}
    assert data.splits["train"].targets["y"].tolist() == ["a", "a", "b"]
    assert read(sounds, AUDIO, "x: {shape: [null]}").data.splits["train"].inputs["x"].shape == (3, 12)


def test_channels_follow_the_input(sounds):
    stereo = samples(10, 2)
    wavfile.write(sounds / "snd" / "b" / "2.wav", 4000, stereo)
    found = read(sounds, AUDIO, "x: {shape: [10, 2]}").data.splits["train"].inputs["x"]
    np.testing.assert_array_equal(found[2], stereo / np.float32(2**15))
    np.testing.assert_array_equal(found[1][:, 0], found[1][:, 1])
    mono = read(sounds, AUDIO, "x: {shape: [10, 1]}").data.splits["train"].inputs["x"]
    np.testing.assert_allclose(mono[2][:, 0], found[2].mean(axis=1), rtol=1e-6, atol=1e-7)
    assert "KS505 `snd/b/2.wav` has 2 channels, and `x` takes 3" in read(sounds, AUDIO, "x: {shape: [10, 3]}").only
    assert "a sound is a list of samples" in read(sounds, AUDIO, "x: {shape: [10], dtype: int16}").only


def test_sounds_that_do_not_fit_into_memory_are_decoded_by_batch(sounds, monkeypatch):
    whole = read(sounds, AUDIO, "x: {shape: [10]}").data.splits["train"].inputs["x"]
    monkeypatch.setattr(decoded_files, "BUDGET", 10)
    lazy = read(sounds, AUDIO, "x: {shape: [10]}").data.splits["train"].inputs
    batches = Batches(lazy, {}, {}, batch_size=2, shuffle=True, seed=1)
    assert not batches.in_memory
    np.testing.assert_array_equal(np.concatenate(list(batches.dataset().as_numpy_iterator())), whole[batches.order(0)])


def test_other_sample_rates_are_refused_unless_the_spec_states_one(sounds):
    other = samples(16, seed=9)
    wavfile.write(sounds / "snd" / "b" / "2.wav", 8000, other)
    assert (
        "KS556 the sounds of `audio` have different sample rates: 4,000 Hz (`snd/a/1.wav`) and 8,000 Hz (`snd/b/2.wav`)"
    ) in read(sounds, AUDIO, "x: {shape: [10]}").only
    data = AUDIO.replace("audio: snd", "audio: snd, rate: 4000")
    found = read(sounds, data, "x: {shape: [8]}").data.splits["train"].inputs["x"]
    wanted = resample_poly(other[:, 0] / np.float32(2**15), 1, 2)
    np.testing.assert_allclose(found[2], wanted, rtol=1e-5, atol=1e-6)


def test_a_file_that_is_no_sound_is_named(sounds):
    (sounds / "snd" / "a" / "1.wav").write_text("no sound")
    assert "KS555 `audio` names a file that is no sound, since it is no WAV file: `snd/a/1.wav` in row 2" in (
        read(sounds, AUDIO, "x: {shape: [10]}").only
    )


def test_texts_in_folders(tmp_path):
    for label, text in (("good", "très bien"), ("bad", "mal")):
        (tmp_path / "t" / label).mkdir(parents=True)
        (tmp_path / "t" / label / "1.txt").write_text(text, encoding="utf-8")
    data = f"{{texts: t, {ALL_TRAIN}}}"
    train = read(tmp_path, data, "x: {shape: [], dtype: string}").data.splits["train"]
    assert (train.inputs["x"].tolist(), train.targets["y"].tolist()) == (["mal", "très bien"], ["bad", "good"])
    assert train.names == ["t/bad/1.txt", "t/good/1.txt"]
    (tmp_path / "t" / "bad" / "1.txt").write_bytes("é".encode("latin-1"))
    assert "KS555 `text` names a file that is no text in UTF-8: `t/bad/1.txt` in row 1" in (
        read(tmp_path, data, "x: {shape: [], dtype: string}").only
    )
    (tmp_path / "empty").mkdir()
    assert "KS501 no texts in `empty`" in read(tmp_path, data.replace("t,", "empty,"), "x: {shape: []}").only
