"""New runs take the place of the ones that are served."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from kspec.diagnostics import SpecError
from kspec.runs.run_folder import find_run
from kspec.serving.model import load_model
from kspec.serving.registry import Registry

log = logging.getLogger("kspec.serving")


class Watcher:
    """A thread that looks whether a name has a newer run, loads it, and lets it answer.

    Args:
        registry: The models.
        places: By the name of a model, the run folder, `latest` of one, or the name of a spec.
        runs: The folder of the run folders.
        allow_code: Import the extensions of runs.
        seconds: How often it looks.
    """

    def __init__(
        self, registry: Registry, places: Mapping[str, str], runs: str, *, allow_code: bool, seconds: float
    ) -> None:
        self._registry, self._places, self._runs = registry, places, runs
        self._allow_code, self._seconds = allow_code, seconds
        self._failed: dict[str, str] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="kspec-watch", daemon=True)

    def start(self) -> None:
        """Starts to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; a run that is being loaded is left behind."""
        self._stop.set()

    def _work(self) -> None:
        while not self._stop.wait(self._seconds):
            for name, place in self._places.items():
                self.look(name, place)

    def look(self, name: str, place: str) -> None:
        """Lets the newest run of a place answer, unless it does so already or cannot be loaded.

        Args:
            name: The name of the model.
            place: The place.
        """
        folder = ""
        try:
            found = find_run(place, self._runs)
            folder = str(found)
            if found == self._registry.services[name].model.folder or self._failed.get(name) == folder:
                return
            model = load_model(folder, self._runs, allow_code=self._allow_code)
        except (SpecError, OSError) as error:
            if self._failed.get(name) != folder:
                log.warning("`%s` keeps its run: %s", name, error)
            self._failed[name] = folder
            return
        if not self._stop.is_set():
            self._registry.serve(name, model)
            log.warning("`%s` is now answered by %s", name, model.version)
