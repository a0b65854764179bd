"""Runs exported files, one after the other: `python driver.py FOLDER…`, where each folder has an `exported.py`.

Beside each it leaves `weights.npz`: the model's weights in order, as they are when the file saves the model, or, where
there is nothing to train on, as the model begins; `printed.txt`, what it says; and, when all is done, the empty file
`done`.
"""

import contextlib
import os
import runpy
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np


def keep(model, *_args, **_more):
    np.savez("weights.npz", *model.get_weights())


def main():
    keras.Model.summary = keep
    keras.Model.save = keep
    for folder in [Path(name).resolve() for name in sys.argv[1:]]:
        keras.backend.clear_session()  # Keras counts names anew, as in a fresh process
        os.chdir(folder)
        with open("printed.txt", "w") as printed, contextlib.redirect_stdout(printed):
            runpy.run_path("exported.py", run_name="__main__")
        Path("done").touch()


if __name__ == "__main__":
    main()
