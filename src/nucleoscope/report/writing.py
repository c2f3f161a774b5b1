"""Run folder -> `report.html`."""

from pathlib import Path
from typing import Any

from nucleoscope.errors import NucleoscopeError
from nucleoscope.files import write_text
from nucleoscope.report.crop_source import CropSource
from nucleoscope.report.material import Material
from nucleoscope.report.pictures import BUDGETS
from nucleoscope.report.rendering import render
from nucleoscope.report.results import read_results
from nucleoscope.report.sections.certainty import calibration, sets
from nucleoscope.report.sections.confusion import Matrix, crop_facts, matrices, pictures_of, remedies
from nucleoscope.report.sections.data import data
from nucleoscope.report.sections.failures import failures
from nucleoscope.report.sections.fields import fields
from nucleoscope.report.sections.headline import headline
from nucleoscope.report.sections.labels import labels
from nucleoscope.report.sections.looking import explanations, nucleus
from nucleoscope.report.sections.repeating import repeating
from nucleoscope.report.sections.training import training, tuning

REPORT = "report.html"
LARGEST = 8_000_000
"""Bytes of a report, at most."""

SECTIONS = (
    headline,
    failures,
    data,
    training,
    tuning,
    remedies,
    calibration,
    sets,
    nucleus,
    explanations,
    labels,
    fields,
    repeating,
)


def write_report(run: str | Path, out: str | Path | None = None) -> Path:
    """Write everything that a run folder holds into one page that needs no other file and no network.

    Args:
        run: a run folder, also one of `--folds` or `--split both`.
        out: the page; None takes `report.html` in the folder.

    Returns:
        The page.

    Raises:
        RunFolderError: it is no run folder, or a file in it is damaged.
    """
    run = Path(run)
    path = run / REPORT if out is None else Path(out)
    write_text(path, report_html(run))
    return path


def write_outdated_report(run: Path) -> Path | None:
    """Write the report of a run folder where anything in it is newer than the report.

    Returns:
        The page; None where the one that is there is up to date.
    """
    page = run / REPORT
    written = page.stat().st_mtime_ns if page.is_file() else 0
    changed = any(path.stat().st_mtime_ns > written for path in run.rglob("*") if path.is_file() and path != page)
    return write_report(run) if changed else None


def report_html(run: Path) -> str:
    """The page, with pictures as good as there is room for.

    Raises:
        RunFolderError: it is no run folder, or a file in it is damaged.
        NucleoscopeError: it holds so much that no page of this size could show it.
    """
    runs = tuple(read_results(run))
    crops = CropSource.of(runs[0])
    name = run.resolve().name
    for budget in BUDGETS:
        page = _page(Material(name, runs, crops, budget))
        if len(page.encode("utf-8")) <= LARGEST:
            return page
    raise NucleoscopeError(
        f'the report of "{run}" would be larger than {LARGEST / 1e6:.0f} MB even with the smallest pictures; expected '
        "fewer runs or classes in one folder: report the runs in it one by one"
    )


def _page(material: Material) -> str:
    found = matrices(material)
    pictures = pictures_of(
        (one.entry.predictions.names[i] for one in found for row in one.rows for cell in row for i in cell.crops),
        material,
    )
    sections = [section for make in SECTIONS if (section := make(material)) is not None]
    return render(
        "report.html.j2",
        title=f"Report of {material.name}",
        name=material.name,
        sections=sections,
        classes=material.classes,
        colours=material.colours,
        matrices=found,
        pictures=pictures,
        facts=_facts(material, found, {name: picture.source for name, picture in pictures.items()}),
    )


def _facts(material: Material, found: list[Matrix], pictures: dict[str, str]) -> dict[str, Any]:
    """What the page's script must know."""
    return {
        "classes": material.classes,
        "colours": material.colours,
        "matrices": {one.key: crop_facts(one) for one in found},
        "pictures": pictures,
    }
