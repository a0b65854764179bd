"""The steps of a Dockerfile without a container engine: a folder stands for the image, a virtual environment for Python."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from contextlib import contextmanager
from pathlib import Path


class Image:
    """What the steps of a Dockerfile make.

    Args:
        context: The folder with the Dockerfile.
        place: An empty folder that becomes the image.
        without: The packages of this environment that the image's Python does not have; the others stand for an index.
    """

    def __init__(self, context, place, without):
        self.context, self.place = context, place
        self.folder, self.user, self.probe, self.entrypoint, self.command = place, "root", [], [], []
        python = place / "python"
        venv.create(python, with_pip=False, symlinks=True)
        _share_packages(python, place / "packages", without)
        self.variables = {"PATH": f"{python / 'bin'}:{os.environ['PATH']}", "PIP_NO_INDEX": "1"}
        self.sent = _sent(context)
        for instruction, rest in _steps(context / "Dockerfile"):
            getattr(self, f"_{instruction.lower()}")(rest)

    @contextmanager
    def running(self, *command):
        """The process of a container, and what it prints; it runs as the user of the test."""
        words = [*self.entrypoint, *(command or self.command)]
        environment = {**self.variables, "HOME": str(self.place)}
        words[0] = str(self.place / "python" / "bin" / words[0])
        process = subprocess.Popen(words, cwd=self.folder, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def _from(self, base):
        assert base == f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"

    def _env(self, rest):
        self.variables |= dict(each.split("=", 1) for each in shlex.split(rest))

    def _workdir(self, path):
        self.folder = self.place / path.lstrip("/")
        self.folder.mkdir(parents=True)

    def _copy(self, rest):
        *sources, target = rest.split()
        for source in sources:
            assert source in self.sent
            if (self.context / source).is_dir():
                shutil.copytree(self.context / source, self.folder / target)
            else:
                shutil.copy(self.context / source, self.folder / target)

    def _run(self, command):
        subprocess.run(command, shell=True, check=True, cwd=self.folder, env=self.variables, capture_output=True)

    def _user(self, user):
        self.user = user

    def _expose(self, port):
        self.port = int(port)

    def _healthcheck(self, rest):
        self.probe = json.loads(rest.partition("CMD ")[2])

    def _entrypoint(self, rest):
        self.entrypoint = json.loads(rest)

    def _cmd(self, rest):
        self.command = json.loads(rest)


def _steps(file):
    """The instructions of a Dockerfile."""
    for line in file.read_text().splitlines():
        if line and not line.startswith("#"):
            instruction, _, rest = line.partition(" ")
            yield instruction, rest


def _sent(context):
    """What an engine gets of a folder whose `.dockerignore` leaves out all but some entries."""
    first, *kept = (context / ".dockerignore").read_text().split()
    assert first == "*"
    return [each.removeprefix("!") for each in kept]


def _share_packages(python, folder, without):
    """Lets an environment see the packages of this one."""
    folder.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if entry.name != "__pycache__" and not entry.name.startswith(tuple(without)):
            (folder / entry.name).symlink_to(entry)
    (site,) = python.glob("lib/python*/site-packages")
    (site / "shared.pth").write_text(f"{folder}\n")
