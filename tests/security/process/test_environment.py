"""The user's settings of Keras: a spec means the same wherever it runs."""

import json
import os
import subprocess
import sys

import pytest

SHOW = """\
from kspec.backend.tensorflow import import_tensorflow
import_tensorflow()
from keras import config
print(config.floatx(), config.epsilon(), config.image_data_format(), config.backend(), config.max_epochs())
"""


def run(folder, settings, code=SHOW, **environment):
    (folder / "keras.json").write_text(json.dumps(settings))
    environment = {**os.environ, "KERAS_HOME": str(folder), **environment}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_other_conventions_are_named_and_not_used(tmp_path):
    settings = {"floatx": "float64", "epsilon": 0.001, "image_data_format": "channels_first", "nnx_enabled": True}
    ended = run(tmp_path, settings, KERAS_MAX_EPOCHS="1")
    assert ended.stdout.split() == ["float32", "1e-07", "channels_last", "tensorflow", "None"]
    for name in ("floatx", "epsilon", "image_data_format", "KERAS_MAX_EPOCHS"):
        assert ended.stderr.count(name) == 1


@pytest.mark.parametrize("settings", [[1], {"floatx": "int"}, {"epsilon": 1}, {"image_data_format": None}])
def test_a_configuration_that_keras_cannot_read_has_one_line(tmp_path, settings, monkeypatch, capsys):
    from kspec.backend.tensorflow import _configuration
    from kspec.cli import _failed

    (tmp_path / "keras.json").write_text(json.dumps(settings))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(OSError) as raised:
        _configuration()
    assert _failed(raised.value) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "keras.json" in line
    assert "delete the file" in line
