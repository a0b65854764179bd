"""Connects to a Ray cluster, or starts one on this machine; what is wrong with it is one diagnostic."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kspec.cluster import probe
from kspec.diagnostics import Report, Rule, Source, Span, codes

AUTO = "auto"
"""The address of a cluster that already runs on this machine, or else of one that is started here."""
PACKAGES = ("kspec", "keras", "tensorflow")
"""The packages whose versions must be the same on all machines, as that of Python must."""
CONNECT_SECONDS = 5.0
"""How long a machine may take to accept a connection."""
ANSWER_SECONDS = 20.0
"""How long a cluster, or one of its machines, may take to answer."""
OBJECT_STORE_BYTES = 256 << 20
"""The memory in which a cluster that is started here hands over results."""
_SCHEME = "ray://"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of a cluster.

    Args:
        id: Ray's name of it.
        host: Its host name.
        cores: The processor cores that Ray hands out.
        gpus: The GPUs that Ray hands out.
        memory: The bytes of memory that Ray hands out.
        folders: Of the folders that were asked for, whether it sees each as this machine does.
    """

    id: str
    host: str
    cores: float
    gpus: float
    memory: float
    folders: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Ray cluster that this process is connected to.

    Args:
        address: The address as the user has written it.
        is_own: Whether it was started for this process, and ends with it.
    """

    address: str
    is_own: bool

    def machines(self, folders: Sequence[Path] = ()) -> list[Machine]:
        """The machines that can work, each with the packages of this one.

        Args:
            folders: Folders that work needs; of each machine, `Machine.folders` says which of them it shares.

        Raises:
            SpecError: If a machine lacks a package, or has another version of it; or if there is no machine.
        """
        return _machines(self, [os.path.abspath(folder) for folder in folders])

    def require_node(self) -> None:
        """Checks that this machine is a part of the cluster, whose machines can connect to it.

        Raises:
            SpecError: If it is not.
        """
        import ray

        if ray.util.client.ray.is_connected():
            self.fail(
                codes.UNREACHABLE_CLUSTER,
                "the workers of one model need this machine to be a part of the cluster, and a Ray client is none",
                "start Ray here with `ray start --address HOST:6379`, and write `--ray auto`",
            )

    def fail(self, rule: Rule, message: str, help: str = "") -> None:
        """Reports what is wrong with the cluster, at its address on the command line.

        Args:
            rule: The code.
            message: One plain sentence, without a full stop.
            help: What to do.

        Raises:
            SpecError: Always.
        """
        _fail(rule, message, self.address, help)


def _fail(rule: Rule, message: str, address: str, help: str = "") -> None:
    report, source = Report(), Source("--ray", address)
    report.error(rule, message, Span(source, 1, 1, 1, len(address) + 1), help=help)
    report.raise_errors()


@contextmanager
def connected(address: str, announce: Callable[[str], None] = lambda _: None) -> Iterator[Cluster]:
    """Connects to a cluster meanwhile; one that is started here ends with its processes and files.

    Ray prints nothing and sends no statistics; the dashboard of a cluster that is started here stays off.

    Args:
        address: `auto`, `HOST:PORT` or `ray://HOST:PORT`.
        announce: Called with a line about what takes some seconds.

    Raises:
        SpecError: If Ray is not installed, or the cluster does not answer within seconds.
    """
    if find_spec("ray") is None:
        _fail(
            codes.MISSING_PACKAGE,
            "`--ray` needs the package `ray`, which is not installed",
            address,
            "pip install 'kspec[ray]'",
        )
    _set_environment()
    own: Path | None = None
    found = _address(address)
    if found is None:
        own = Path(tempfile.mkdtemp(prefix="kspec-ray-", dir="/tmp" if os.path.isdir("/tmp") else None))
        announce("starts Ray on this machine")
    else:
        _use_token()
        _require_answer(found, address)
    ray = _import_ray()
    if found is not None and not found.startswith(_SCHEME) and not _is_part_of(found):
        way = (
            f"make it one with `ray start --address {found}`, or name the cluster's Ray Client server: ray://HOST:10001"
        )
        _fail(codes.UNREACHABLE_CLUSTER, f"this machine is no part of the cluster at `{found}`", address, way)
    try:
        _init(ray, found, own, address)
        yield Cluster(address, own is not None)
    finally:
        ray.shutdown()
        if own is not None:
            shutil.rmtree(own, ignore_errors=True)


def _set_environment() -> None:
    """Sets what Ray reads when it is imported."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # work without GPUs sees them as they are
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")


def _use_token() -> None:
    """Makes Ray use the token that this user has, if any: by itself, it looks for one only if the address is `auto`."""
    has_token = any(os.environ.get(f"RAY_AUTH_TOKEN{end}") for end in ("", "_PATH"))
    if "RAY_AUTH_MODE" in os.environ or not (has_token or Path("~/.ray/auth_token").expanduser().is_file()):
        return
    os.environ["RAY_AUTH_MODE"] = "token"
    if "ray" in sys.modules:  # which has read its environment before
        with suppress(ImportError):
            import_module("ray._raylet").Config.initialize("")


def _address(address: str) -> str | None:
    """The address to connect to; None if a cluster is to be started here.

    Raises:
        SpecError: If it is none.
    """
    if address == AUTO:
        named = os.environ.get("RAY_ADDRESS") or _running_here()
        return named if named not in (None, "", AUTO, "local") else None
    host, _, port = address.removeprefix(_SCHEME).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16 or any(map(str.isspace, address)):
        _fail(
            codes.UNREACHABLE_CLUSTER,
            f"`{address}` is no address of a Ray cluster",
            address,
            "write HOST:PORT, as `ray start --head` prints it; ray://HOST:PORT; or auto",
        )
    return address


def _running_here() -> str | None:
    """The address of the cluster that `ray start` has started on this machine; None without one that answers."""
    try:
        text = Path(os.environ.get("RAY_TMPDIR", "/tmp"), "ray", "ray_current_cluster").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return text.strip() if _accepts(text.strip()) == "" else None


def _accepts(address: str) -> str:
    """Why a machine does not accept a connection; empty if it does."""
    host, _, port = address.removeprefix(_SCHEME).rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except TimeoutError:
        return f"no answer within {CONNECT_SECONDS:.0f} s"
    except (OSError, ValueError) as error:
        return (getattr(error, "strerror", None) or str(error)).lower()
    return ""


def _require_answer(found: str, address: str) -> None:
    """Checks that a Ray cluster answers: `ray.init` would wait for it for minutes.

    Args:
        found: The address to connect to.
        address: The address as the user has written it.

    Raises:
        SpecError: If none does.
    """
    way = "start one there with `ray start --head`, or write `--ray auto` to use this machine"
    reason = _accepts(found)
    if not reason and not found.startswith(_SCHEME):
        command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", found]
        try:
            answer = subprocess.run(command, timeout=ANSWER_SECONDS, capture_output=True, check=False)
            text = answer.stderr.decode(errors="replace")
            if answer.returncode:
                reason = _last_line(text) or "it is not healthy"
        except subprocess.TimeoutExpired as error:
            text = (error.stderr or b"").decode(errors="replace")
            reason = f"no answer of Ray within {ANSWER_SECONDS:.0f} s"
        if "InvalidAuthToken" in text:
            reason, way = "it asks for a token", "set RAY_AUTH_TOKEN, or copy the cluster's ~/.ray/auth_token here"
    if reason:
        _fail(codes.UNREACHABLE_CLUSTER, f"no Ray cluster answers at `{found}`: {reason}", address, way)


def _is_part_of(found: str) -> bool:
    """Whether a node of a cluster runs on this machine: `ray.init` would look for one for a minute.

    Args:
        found: The address of a cluster that answers.

    Returns:
        True, too, where this Ray cannot be asked: `ray.init` decides then.
    """
    with suppress(Exception):
        here = import_module("ray._private.services").find_node_ids()
        nodes = import_module("ray._raylet").GcsClient(address=found).get_all_node_info(timeout=ANSWER_SECONDS)
        return not {node.hex() for node in nodes}.isdisjoint(here)
    return True


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")[:300]


def _import_ray() -> Any:
    """Imports Ray, so that it prints nothing."""
    import ray

    logging.getLogger("ray").setLevel(logging.CRITICAL)
    with suppress(ImportError):
        private = import_module("ray._private.worker")
        if hasattr(private, "print_to_stdstream"):  # of errors: no option of `ray.init` turns these off
            vars(private)["print_to_stdstream"] = lambda *_, **__: None
    return ray


def _init(ray: Any, found: str | None, own: Path | None, address: str) -> None:
    """Connects this process.

    Args:
        ray: The module.
        found: The address to connect to; None to start a cluster.
        own: The folder of a cluster that is started.
        address: The address as the user has written it.

    Raises:
        SpecError: If it cannot.
    """
    options: dict[str, Any] = {"log_to_driver": False, "configure_logging": False, "namespace": "kspec"}
    if own is not None:
        options |= {"_temp_dir": str(own), "include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=found or "local", **options)
    except Exception as error:  # of many kinds, and some of them Ray's own
        text = " ".join(str(error).split()) or type(error).__name__
        if "ersion mismatch" in str(error):
            _fail(codes.WORKER_ENVIRONMENT, _of_mismatch(str(error)), address, "install the same versions everywhere")
        what = "Ray cannot start on this machine" if found is None else f"no Ray cluster answers at `{found}`"
        is_node = found is not None and not found.startswith(_SCHEME)
        way = "this machine must be a part of it (`ray start --address ...`), or name its server: ray://HOST:10001"
        _fail(codes.UNREACHABLE_CLUSTER, f"{what}: {text[:300]}", address, way if is_node else "")
    finally:
        if is_main:  # a run answers this signal itself: it saves what it has trained
            signal.signal(signal.SIGTERM, before)


def _of_mismatch(text: str) -> str:
    """Ray's words on versions that differ, in one line."""
    return f"the cluster runs other versions than this machine: {' '.join(text.split())[:400]}"


def _machines(cluster: Cluster, folders: list[str]) -> list[Machine]:
    """See `Cluster.machines`."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) > 0]
    if not nodes:
        cluster.fail(codes.CLUSTER_TOO_SMALL, "the cluster has no machine with a processor core")
    ray.cloudpickle.register_pickle_by_value(probe)
    try:
        look = ray.remote(num_cpus=0, max_retries=0)(probe.look)
        asked = [
            look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote(
                PACKAGES, folders
            )
            for node in nodes
        ]
        ray.wait(asked, num_returns=len(asked), timeout=2 * ANSWER_SECONDS)
    finally:
        ray.cloudpickle.unregister_pickle_by_value(probe)
    here = _here(PACKAGES, folders)
    machines, report = [], Report()
    span = Span(Source("--ray", cluster.address), 1, 1, 1, len(cluster.address) + 1)
    for node, answer in zip(nodes, asked, strict=True):
        host, resources = node["NodeManagerHostname"], node["Resources"]
        try:
            there = ray.get(answer, timeout=0.1)
        except ray.exceptions.RayError as error:
            text = _last_line(str(error)) or type(error).__name__
            late = isinstance(error, TimeoutError)
            if not late and _leaves(node["NodeID"]):
                continue
            reason = f"does not answer within {2 * ANSWER_SECONDS:.0f} s" if late else f"cannot work: {text}"
            report.error(codes.UNREACHABLE_CLUSTER, f"the machine {host} of the cluster {reason}", span)
            continue
        problem = probe.difference(here["versions"], there["versions"])
        if problem:
            report.error(
                codes.WORKER_ENVIRONMENT,
                f"the machine {host} of the cluster {problem}",
                span,
                help="install the same versions on every machine, or start its Ray from the environment that has them",
            )
        shared = tuple(a is not None and a == b for a, b in zip(here["folders"], there["folders"], strict=True))
        gpus, memory = resources.get("GPU", 0.0), resources.get("memory", 0.0)
        machines.append(Machine(node["NodeID"], host, resources["CPU"], gpus, memory, shared))
    report.raise_errors()
    if not machines:
        cluster.fail(codes.CLUSTER_TOO_SMALL, "the last machine of the cluster is gone")
    return machines


def _leaves(node: str) -> bool:
    """Whether a machine that fails is gone: for seconds after its end, Ray still lists it."""
    import ray

    end = time.monotonic() + ANSWER_SECONDS
    while any(each["NodeID"] == node and each["Alive"] for each in ray.nodes()):
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def _here(packages: Sequence[str], folders: Sequence[str]) -> dict[str, Any]:
    """What a machine would answer that is this one."""
    return probe.look(packages, folders)
