"""`OpenedData`: the crops behind a run folder, read when they are first asked for and kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from nucleoscope.data.crops import Crops
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.run import load_prepared
from nucleoscope.pipeline.surroundings import read_places
from nucleoscope.web.pictures.surroundings import Surroundings

_KEY = 16  # hexadecimal digits of a fingerprint


@dataclass(frozen=True)
class Opened:
    """A data set.

    Attributes:
        key: names it in addresses of pictures; other pictures have another one.
        crops: labelled.
        surroundings: of them.
    """

    key: str
    crops: Crops
    surroundings: Surroundings


class OpenedData:
    """The data of some runs. Those with the same crops share them.

    Args:
        runs: the runs; their records are read now, their crops later.

    Raises:
        RunFolderError: a record is missing or damaged.
    """

    def __init__(self, runs: Iterable[RunFolder]) -> None:
        self._lock = Lock()
        self._opened: dict[str, Opened] = {}
        self._runs: dict[str, RunFolder] = {}
        self._keys: dict[RunFolder, str] = {}
        for run in runs:
            self._keys[run] = str(run.read()["fingerprint"])[:_KEY]
            self._runs.setdefault(self._keys[run], run)

    def __contains__(self, key: str) -> bool:
        return key in self._runs

    def of(self, run: RunFolder) -> Opened:
        """The data of a run.

        Raises:
            NucleoscopeError: it is not there any more, or it changed.
        """
        return self.open(self._keys[run])

    def open(self, key: str) -> Opened:
        """The data with a key that is in this; the first call reads it, others wait for that.

        Raises:
            NucleoscopeError: it is not there any more, or it changed.
        """
        with self._lock:
            if key not in self._opened:
                run = self._runs[key]
                prepared = load_prepared(run, Silent())
                dataset, places = prepared.dataset, read_places(run.tiles, prepared.dataset)
                self._opened[key] = Opened(key, dataset.crops, Surroundings(places, dataset))
            return self._opened[key]
