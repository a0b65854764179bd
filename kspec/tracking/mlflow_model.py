"""A trained model in MLflow's format: written from the `.keras` file, so that Keras need not be imported."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kspec.tracking.tracker import Model, Tensor

NAME = "model"
"""The name of the model of a run: `runs:/<id>/model`."""
_LOADER = "kspec_loader"
_CODE = '''"""Loads a Keras model with several outputs, of which `mlflow.keras` knows nothing, for `mlflow.pyfunc`."""

import os

import keras
import numpy as np


class _Model:
    def __init__(self, model):
        self.model = model

    def get_raw_model(self):
        return self.model

    def predict(self, data, params=None):
        found = self.model.predict(data, verbose=0)
        return {name: np.asarray(value) for name, value in found.items()}


def _load_pyfunc(path):
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    return _Model(keras.saving.load_model(os.path.join(folder, "model.keras")))
'''


def upload(client: Any, run: str, experiment: str, model: Model) -> None:
    """Uploads a model as an output of a run.

    Args:
        client: An `MlflowClient`.
        run: The id of the run.
        experiment: That of its experiment.
        model: The model.
    """
    from mlflow.entities import LoggedModelOutput

    logged = _unfinished(client, run)
    if logged is None:
        logged = client.create_logged_model(experiment, name=NAME, source_run_id=run)
        client.log_outputs(run, [LoggedModelOutput(logged.model_id, step=0)])
    with tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        write(model, Path(folder, NAME), run=run, id=logged.model_id, location=logged.artifact_location)
        client.log_model_artifacts(logged.model_id, str(Path(folder, NAME)))
    client.finalize_logged_model(logged.model_id, "READY")


def _unfinished(client: Any, run: str) -> Any:
    """The model of a run that was created, and never uploaded; None without one.

    Args:
        client: An `MlflowClient`.
        run: The id of the run.
    """
    outputs = client.get_run(run).outputs
    models = [client.get_logged_model(each.model_id) for each in (outputs.model_outputs if outputs else [])]
    return next((model for model in models if str(model.status) == "PENDING"), None)


def write(model: Model, folder: Path, *, run: str | None = None, id: str | None = None, location: str = NAME) -> None:
    """Writes a model in MLflow's format, with the flavors `keras` and `python_function`.

    Args:
        model: The model.
        folder: Where to; it is created.
        run: The id of its run at MLflow.
        id: Its own id there.
        location: Where MLflow keeps it.
    """
    from mlflow import pyfunc
    from mlflow.models import Model as MlflowModel

    (folder / "data").mkdir(parents=True)
    shutil.copyfile(model.file, folder / "data" / "model.keras")
    (folder / "data" / "keras_module.txt").write_text("keras", encoding="utf-8")
    written = MlflowModel(artifact_path=location, run_id=run, model_uuid=id, model_id=id, signature=signature_of(model))
    written.add_flavor(
        "keras",
        data="data",
        keras_version=model.versions.get("keras", ""),
        keras_backend="tensorflow",
        save_exported_model=False,
    )
    has_several = len(model.outputs) > 1
    if has_several:
        (folder / "code").mkdir()
        (folder / "code" / f"{_LOADER}.py").write_text(_CODE, encoding="utf-8")
    pyfunc.add_to_model(
        written,
        loader_module=_LOADER if has_several else "mlflow.keras",
        data="data" if has_several else None,
        code="code" if has_several else None,
        python_env="python_env.yaml",
    )
    written.save(str(folder / "MLmodel"))
    _write_environment(folder, model.versions)


def signature_of(model: Model) -> Any:
    """The signature; None if the inputs are not known.

    One tensor has no name in it, so that an array is a prediction's input; several go by their names, in a dict.

    Args:
        model: The model.
    """
    if not model.inputs or any(map(_is_ragged, (*model.inputs, *model.outputs))):
        return None
    from mlflow.models import ModelSignature

    return ModelSignature(inputs=_schema(model.inputs), outputs=_schema(model.outputs) if model.outputs else None)


def _is_ragged(tensor: Tensor) -> bool:
    return not tensor.shape


def _schema(tensors: Sequence[Tensor]) -> Any:
    import numpy as np
    from mlflow.types import Schema, TensorSpec

    names = [tensor.name for tensor in tensors] if len(tensors) > 1 else [None]
    dtypes = [
        np.dtype("str" if tensor.dtype == "string" else _NUMPY.get(tensor.dtype, tensor.dtype)) for tensor in tensors
    ]
    shapes = [(-1, *tensor.shape[1:]) for tensor in tensors]
    return Schema([TensorSpec(*each) for each in zip(dtypes, shapes, names, strict=True)])


_NUMPY = {"bfloat16": "float32"}
"""Dtypes that NumPy has not, and those that predictions have instead."""


def _write_environment(folder: Path, versions: Mapping[str, str]) -> None:
    """Writes the packages that a model needs.

    Args:
        folder: That of the model.
        versions: Versions by package, as at the training.
    """
    known = [f"{name}=={versions[name]}" for name in ("keras", "tensorflow", "numpy") if versions.get(name, "?") != "?"]
    (folder / "requirements.txt").write_text("\n".join(["mlflow", *known]) + "\n", encoding="utf-8")
    python = versions.get("python", "")
    lines = [f"python: {python}"] if python else []
    lines += ["build_dependencies:", "- pip", "dependencies:", "- -r requirements.txt"]
    (folder / "python_env.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
