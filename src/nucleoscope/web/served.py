"""`Served`: the run and the bundles that a server answers from, and how a route gets at them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from nucleoscope.errors import RunFolderError
from nucleoscope.explanation.explain import RECORD
from nucleoscope.models.bundle import CONFIG_FILE, Bundle, load_bundle
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.model_results import holds_runs, inner_runs
from nucleoscope.runtime import default_device


@dataclass(frozen=True)
class Served:
    """What is served.

    Attributes:
        run: the run folder, None where a bundle alone is served.
        bundles: by name, such as "model2"; at least one.
    """

    run: RunFolder | None
    bundles: Mapping[str, Bundle]

    @property
    def usual(self) -> str:
        """Name of the bundle that answers where none is asked for: the last, model2 where there is one."""
        return list(self.bundles)[-1]

    @property
    def name(self) -> str:
        """Of the folder that is served, without where it is."""
        folder = self.bundles[self.usual].folder if self.run is None else self.run.path
        return "" if folder is None else folder.resolve().name

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, the same in every bundle of a run."""
        return self.bundles[self.usual].config.classes

    def trust_of(self, name: str) -> dict[str, str]:
        """What speaks for believing the maps of a model, a sentence for each method; from the run's `explain` stage."""
        folder = self.bundles[name].folder
        if self.run is None or folder is None or not (folder.parent / RECORD).is_file():
            return {}
        trust = json.loads((folder.parent / RECORD).read_text(encoding="utf-8"))["trust"]
        return {} if trust is None else {method: found["sentence"] for method, found in trust["methods"].items()}


def load_served(folder: Path) -> Served:
    """Load the bundles of a run, of runs in one folder, or a bundle alone.

    Raises:
        RunFolderError: the folder is neither, no model of the run is trained, or a bundle is damaged.
    """
    device = default_device()
    if (folder / CONFIG_FILE).is_file():
        return Served(None, {"model": load_bundle(folder, device)})
    run = RunFolder(folder)
    bundles = dict(_bundles(run))
    if not bundles:
        raise RunFolderError(
            f'run "{folder}" has no trained model; expected RUN/model2/model: finish it with '
            "`nucleoscope run ... --resume`"
        )
    return Served(run, {name: load_bundle(place, device) for name, place in bundles.items()})


def _bundles(run: RunFolder, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Name and folder of each bundle of a run, or of the runs in a folder: of both protocols, or of folds."""
    if holds_runs(run.path):
        for inner in inner_runs(run.path):
            yield from _bundles(inner, f"{prefix}{inner.path.name}-")
        return
    run.read()
    for kind in Kind:
        if (run.model(kind).bundle / CONFIG_FILE).is_file():
            yield f"{prefix}{kind}", run.model(kind).bundle


async def _served_of(request: Request) -> Served:
    served: Served = request.app.state.served
    return served


ServedHere = Annotated[Served, Depends(_served_of)]
"""The parameter of a route that needs what is served."""
