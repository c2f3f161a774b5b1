"""Which images, which nuclei, which folders: all is settled, or refused in one line, before anything begins."""

from pathlib import Path

import pytest

from nucleoscope.errors import NucleoscopeError
from nucleoscope.slides.jobs import Job, plan_jobs


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with two images, nuclei of both, and a DICOM slide."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.png", "a.ome.tiff", "notes.txt", ".hidden.png", "a.geojson", "b.csv"):
        file = Path("images" if name.startswith((".", "notes")) or name.endswith(("png", "tiff")) else "nuclei") / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    Path("dicom").mkdir()
    Path("dicom/1.dcm").touch()


def _plan(*sources, nuclei=None, out=None, overwrite=False):
    return plan_jobs(
        [Path(source) for source in sources], nuclei and Path(nuclei), out and Path(out), overwrite=overwrite
    )


def test_one_image_has_its_results_beside_it_or_where_they_are_wanted(here):
    image = Path("images/b.png")
    assert _plan(image) == [Job(image, None, Path("images/b-classified"))]
    assert _plan(image, nuclei="nuclei/b.csv", out="results") == [Job(image, Path("nuclei/b.csv"), Path("results"))]
    assert _plan("dicom") == [Job(Path("dicom"), None, Path("dicom-classified"))]


def test_a_folder_of_images_is_one_job_each(here):
    first, second = Path("images/a.ome.tiff"), Path("images/b.png")
    assert _plan("images", "dicom", out="results") == [
        Job(first, None, Path("results/a-classified")),
        Job(second, None, Path("results/b-classified")),
        Job(Path("dicom"), None, Path("results/dicom-classified")),
    ]
    assert _plan("images", nuclei="nuclei") == [
        Job(first, Path("nuclei/a.geojson"), Path("images/a-classified")),
        Job(second, Path("nuclei/b.csv"), Path("images/b-classified")),
    ]


def test_earlier_results_are_replaced_only_on_demand_and_only_if_nothing_else_lies_there(here):
    Path("results").mkdir()
    _plan("images/b.png", out="results")  # empty
    for file in ("summary.json", "nuclei.geojson"):
        (Path("results") / file).touch()
    assert _plan("images/b.png", out="results", overwrite=True)
    assert _refused("images/b.png", out="results") == (
        '"results" holds earlier results; expected a new folder: choose another --out, or replace them with --overwrite'
    )
    Path("results/mine.txt").touch()
    assert _refused("images/b.png", out="results", overwrite=True) == (
        '"results" holds 1 entry beside earlier results, such as "mine.txt"; expected nothing that --overwrite would '
        "lose: move it, or choose another --out"
    )
    assert _refused("images/b.png", out="images", overwrite=True) == (
        '"images" exists and is not an empty folder; expected a new one: choose another --out'
    )


def _refused(*sources, **options):
    with pytest.raises(NucleoscopeError) as error:
        _plan(*sources, **options)
    return str(error.value)


def test_what_does_not_say_which_is_which_is_refused(here):
    assert _refused("nowhere.png") == (
        "nowhere.png does not exist; expected an image, or a folder of images: check the path"
    )
    assert _refused("nuclei") == (
        "nuclei is a folder without images; expected pictures, TIFFs, slides, or the files of one DICOM slide"
    )
    assert _refused("images/b.png", nuclei="nowhere") == (
        "nowhere does not exist; expected a file of nuclei: check --nuclei"
    )
    assert _refused("images", nuclei="nuclei/b.csv") == (
        "--nuclei nuclei/b.csv is one file for several images; expected a folder that holds a file of the same name "
        "for each image"
    )
    expected = "expected one of b.geojson, b.geojson.gz, b.json, b.json.gz, b.csv"
    Path("nuclei/b.json").touch()
    assert _refused("images", nuclei="nuclei") == f"nuclei holds b.json and b.csv for b.png; {expected}"
    Path("nuclei/b.json").unlink()
    Path("nuclei/b.csv").unlink()
    assert _refused("images", nuclei="nuclei") == f"nuclei holds no file for b.png; {expected}"
    Path("images/b.jpg").touch()
    assert _refused("images") == (
        f"the results of images/b.jpg, images/b.png would all go to {Path('images/b-classified').resolve()}; expected "
        "images of different names: classify them one by one, each with its --out"
    )
