"""The texts of a folder that builds an image: Dockerfile, what is sent to the engine, and how to use it."""

from __future__ import annotations

import json
from collections.abc import Sequence

PORT = 8000
TOKEN = "/run/secrets/token"
"""The file in a container that holds the token."""
USER = 10001
"""The user of a container: no root, and by number, so that an orchestrator sees it."""

_PROBE = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{PORT}/readyz', timeout=4)"

_DOCKERFILE = """\
# Serves the run {run}. README.md says how to build and run it.
FROM python:{python}-slim

# A container writes nothing but to /tmp, so that --read-only --tmpfs /tmp will do.
ENV HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=3
WORKDIR /srv/kspec

# What changes least comes first: a new run of the same environment builds the last layer alone.
COPY requirements.txt ./
RUN python -m pip install --no-cache-dir -r requirements.txt
COPY {wheel} ./
RUN python -m pip install --no-cache-dir "./{wheel}[{extras}]"
COPY runs ./runs

USER {user}:{user}
EXPOSE {port}
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD {probe}

# The token of the clients is read from a file that is mounted; `docker run IMAGE --open` lets anybody ask instead.
ENTRYPOINT {entrypoint}
CMD {command}
"""

_README = """\
# `{name}`, served in a container

This folder builds an image that answers requests with the run `{run}`, as `kspec serve` does. It holds the model of the
run, its contract, kspec as a wheel, and the versions of all packages (`requirements.txt`). The commands are for Docker;
Podman takes the same.

Build it, from the folder above this one:

```
docker build --tag {image} {folder}
```

Run it; each client has to send the token:

```
openssl rand -hex 32 > token.txt
docker run --rm --publish {port}:{port} --user "$(id -u)" --volume "$PWD/token.txt:{token}:ro" {image}
curl -H "Authorization: Bearer $(cat token.txt)" http://127.0.0.1:{port}/v1/models
```

Or let anybody who reaches the port ask:

```
docker run --rm --publish 127.0.0.1:{port}:{port} {image} --open
```

`http://127.0.0.1:{port}/` is a page to try the model, `/docs` describes the rest, `/metrics` is for Prometheus,
`/healthz` and `/readyz` are for orchestrators. The server needs no root, no network beyond its port and no disk:
`--read-only --tmpfs /tmp --cap-drop ALL` restrict it further. TLS is the business of a proxy before it. A container
that is stopped answers the requests that have begun (`docker stop --time 30`).
"""

_IGNORE = """\
*
!requirements.txt
!{wheel}
!runs
"""


def container_texts(
    name: str, run: str, folder: str, wheel: str, extras: Sequence[str], python: str, allow_code: bool
) -> dict[str, str]:
    """The texts by file.

    Args:
        name: The name of the model.
        run: The run folder in the image.
        folder: The name of the folder that builds it.
        wheel: The file of the wheel of kspec.
        extras: The extras of kspec that are needed.
        python: The version of Python, as `3.11`.
        allow_code: Whether the extensions of the run are imported.
    """
    entrypoint = ["kspec", "serve", run, "--host", "0.0.0.0", "--port", str(PORT), *(["--allow-code"] * allow_code)]
    known = {"name": name, "run": run.removeprefix("runs/"), "wheel": wheel, "port": PORT, "token": TOKEN}
    return {
        "Dockerfile": _DOCKERFILE.format(
            **known,
            python=python,
            extras=",".join(extras),
            user=USER,
            probe=json.dumps(["python", "-c", _PROBE]),
            entrypoint=json.dumps(entrypoint),
            command=json.dumps(["--token-file", TOKEN]),
        ),
        ".dockerignore": _IGNORE.format(**known),
        "README.md": _README.format(**known, image=image_name(name), folder=folder),
    }


def image_name(name: str) -> str:
    """A name that an engine takes for an image: small letters, digits and single separators."""
    letters = "".join(each if each.isascii() and each.isalnum() else "-" for each in name.lower())
    return "-".join(filter(None, letters.split("-"))) or "model"
