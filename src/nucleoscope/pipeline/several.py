"""Folders that hold several runs: what they share, and the record that names them."""

import json
from collections.abc import Sequence
from pathlib import Path

from nucleoscope.errors import RunFolderError
from nucleoscope.files import write_json
from nucleoscope.pipeline.folder import RUNS, RunFolder


def begin_several(out: Path, runs: Sequence[str], resume: bool) -> None:
    """Make the folder that is to hold these runs, or find it again.

    Raises:
        RunFolderError: the folder holds something else or other runs, or these and `resume` is not said.
    """
    holds_runs = (out / RUNS).is_file()
    if RunFolder(out).exists() or (holds_runs and not resume):
        raise RunFolderError(
            f'"{out}" already holds a run; expected a new folder: choose another --out, '
            "or go on with that run with --resume and the same command"
        )
    if not holds_runs and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RunFolderError(f'"{out}" exists and is not an empty folder; expected a new one: choose another --out')
    if holds_runs:
        begun = json.loads((out / RUNS).read_text(encoding="utf-8"))["runs"]
        if begun != list(runs):
            raise RunFolderError(
                f'"{out}" was begun with the runs {", ".join(begun)}, not {", ".join(runs)}; '
                "resume with the same command, or choose another --out"
            )
    else:
        write_json(out / RUNS, {"runs": list(runs)})
