"""Runs exported files one after the other: `python driver.py FOLDER…`, where each folder has an `exported.py`.

It writes to each folder `weights.npz`, the weights when the file saves the model, or the initial weights of a model
without data; `printed.txt`, the output; and, at the end, the empty file `done`.
"""

import contextlib
import os
import runpy
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np


def save_weights(model, *_args, **_more):
    np.savez("weights.npz", *model.get_weights())


def main():
    keras.Model.summary = save_weights
    keras.Model.save = save_weights
    for folder in [Path(name).resolve() for name in sys.argv[1:]]:
        keras.backend.clear_session()  # Keras numbers names from 0, as in a new process
        os.chdir(folder)
        with open("printed.txt", "w") as printed, contextlib.redirect_stdout(printed):
            runpy.run_path("exported.py", run_name="__main__")
        Path("done").touch()


if __name__ == "__main__":
    main()
