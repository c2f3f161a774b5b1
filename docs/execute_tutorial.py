"""Run docs/tutorial.ipynb from top to bottom and store what it shows.

    python docs/execute_tutorial.py [--out FILE]

On synthetic tissue, or on the folder that NUCLEOSCOPE_TUTORIAL_DATA names; outputs of the latter belong into another
FILE, since real crops do not belong into the repository. `make tutorial` runs it after a change of the notebook;
tests/test_tutorial.py tells when that was forgotten.
"""

import argparse
import hashlib
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent / "tutorial.ipynb"
_SECONDS = 4 * 3600  # of a cell, at most: on real crops a search takes long


def execute() -> Any:
    """The notebook with the outputs of a run in a fresh kernel, a process with the environment of this one.

    Raises:
        CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    # Without widgets' state and times of cells, which would change in every run.
    client = NotebookClient(
        notebook, timeout=_SECONDS, coalesce_streams=True, record_timing=False, store_widget_state=False
    )
    client.execute()
    notebook.metadata.pop("language_info", None)
    notebook.metadata["executed_code"] = code_hash(notebook)
    return notebook


def code_hash(notebook: Any) -> str:
    """SHA-256 of all code cells: outputs that were stored with another one are stale."""
    code = "\0".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()


def main() -> None:
    """Execute and store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=NOTEBOOK, help="the notebook itself, if not given")
    options = parser.parse_args()
    nbformat.write(execute(), options.out)


if __name__ == "__main__":
    main()
