"""Finding a run by its place or its name."""

import pytest

from kspec.runs.run_folder import RunFolder, RunFolderError, find_run


def test_names_of_runs_are_shown_for_one_that_has_none(tmp_path):
    runs = tmp_path / "runs"
    for name in ("cars", "mlp"):
        folder = RunFolder.create(runs, name)
        (folder.path / "run.json").write_text("{}")
        (runs / name / "latest").symlink_to(folder.path.name)
    with pytest.raises(
        RunFolderError, match=r"no run at spec; there are runs of (`cars`, `mlp`|`mlp`, `cars`); `kspec"
    ):
        find_run("spec", runs)
    with pytest.raises(RunFolderError, match="no run at spec; `kspec runs` lists all runs"):
        find_run("spec", tmp_path / "none")
