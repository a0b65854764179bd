"""What `kspec serve` does: checks where it listens, loads the runs, and answers until it is stopped."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from kspec.runs.run_folder import RunFolderError
from kspec.serving.metrics import Metrics
from kspec.serving.model import load_model
from kspec.serving.registry import Registry, shares_of
from kspec.serving.server import listen, make_server
from kspec.serving.settings import Settings
from kspec.serving.watching import Watcher
from kspec.syntax.regular_files import open_regular

WATCH_SECONDS = 2.0
NAME = re.compile(r"[\w.-]+")
"""What a model can be named."""
TOKEN_BYTES = 16
"""The least length of a token."""


def read_token(path: str) -> str:
    """The token in a file: its first line.

    Raises:
        RunFolderError: If it cannot be read, or is too short to be a secret.
    """
    try:
        with open_regular(Path(path)) as file:
            token = file.read(4096).decode("ascii").splitlines()[0].strip()
    except (OSError, UnicodeDecodeError, IndexError) as error:
        reason = getattr(error, "strerror", None) or "it has no line of ASCII"
        raise RunFolderError(f"the token file {path} cannot be read: {reason}") from None
    check_token(token, f" in {path}")
    return token


def check_token(token: str, where: str = "") -> None:
    """Checks that a token is long enough to be a secret, and can be sent in a header.

    Args:
        token: The token.
        where: Where it stands, for the message.

    Raises:
        RunFolderError: If it is not.
    """
    if len(token) < TOKEN_BYTES:
        raise RunFolderError(
            f"the token{where} has {len(token)} characters, and at least {TOKEN_BYTES} are needed; "
            "make one with: openssl rand -hex 32"
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise RunFolderError(f"the token{where} has characters other than letters, digits and signs of ASCII")


def serve(
    places: Sequence[str],
    settings: Settings,
    *,
    runs: str = "runs",
    split: str = "",
    watch: bool = False,
    is_open: bool = False,
    allow_code: bool = False,
    announce: Callable[[str], None],
) -> None:
    """Serves runs until SIGINT or SIGTERM; the latter ends the process with status 0.

    Args:
        places: Runs, as `kspec predict` takes them; `NAME=RUN` names one.
        settings: Where to listen, and what is bounded.
        runs: The folder of the run folders.
        split: The shares of models in the requests for them all, such as `a=90,b=10`; empty for none.
        watch: Whether newer runs take the place of these.
        is_open: Whether anybody who reaches the server may ask it.
        allow_code: Import the extensions of runs.
        announce: Called with a line for the user.

    Raises:
        RunFolderError: If a run cannot be served, or the server cannot listen.
        SpecError: If a resolved spec has errors.
        ValueError: If `split` is wrong.
    """
    if not settings.is_local and settings.token is None and not is_open:
        raise RunFolderError(
            f"{settings.host} is reached from other machines: name a file with a token, --token-file FILE, or let "
            "anybody ask with --open"
        )
    metrics = Metrics()
    registry = Registry(settings.batches, metrics.batch)
    with _ends_on_sigterm(), listen(settings) as listener:
        names = _load(places, registry, runs, allow_code, announce)
        if split:
            common = {service.model.name for service in registry.services.values()}
            name = common.pop() if len(common) == 1 else "split"
            shared = name if name not in names else "split"
            registry.split(shared, shares_of(split, list(names)))
            announce(f"{shared}: {split}")
        watcher = Watcher(registry, names, runs, allow_code=allow_code, seconds=WATCH_SECONDS)
        if watch:
            watcher.start()
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{listener.getsockname()[1]}"
        server = make_server(registry, metrics, settings, lambda: announce(f"serving at {address}; Ctrl-C stops"))
        try:
            server.run(sockets=[listener])
        finally:
            watcher.stop()
            registry.close()


@contextmanager
def _ends_on_sigterm() -> Iterator[None]:
    """Lets SIGTERM end the process with status 0: while models load, or when uvicorn, once stopped, raises it.

    The first process of a container would ignore it otherwise, and a stop that drops no request look like a failure.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _load(
    places: Sequence[str], registry: Registry, runs: str, allow_code: bool, announce: Callable[[str], None]
) -> dict[str, str]:
    """Loads runs; by the name of each model, its place.

    Args:
        places: As for `serve`.
        registry: Receives the models.
        runs: The folder of the run folders.
        allow_code: Import the extensions of runs.
        announce: Called with a line for each.

    Raises:
        RunFolderError: If one cannot be served, or two have one name.
    """
    names: dict[str, str] = {}
    for text in places:
        given, equals, place = text.partition("=")
        is_named = bool(equals) and NAME.fullmatch(given) is not None and not Path(text).exists()
        place = place if is_named else text
        model = load_model(place, runs, allow_code=allow_code)
        name = given if is_named else model.name
        if name in names:
            raise RunFolderError(f"two runs are named `{name}`; name them yourself: a={names[name]} b={place}")
        registry.serve(name, model)
        names[name] = place
        announce(f"{name}: run {model.version}, {model.fingerprint}")
    return names
