"""The package's public face."""

import subprocess
import sys

import kspec


def test_dir_lists_the_public_names() -> None:
    assert dir(kspec) == sorted(kspec.__all__)
    assert all(getattr(kspec, name) is not None for name in dir(kspec))


def test_importing_the_package_imports_none_of_its_rooms() -> None:
    script = "import kspec, sys; print([name for name in sys.modules if name.startswith('kspec.')])"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert modules.strip() == "['kspec._version']"
