"""The tutorial runs from top to bottom on synthetic tissue, and what is stored in it is of this very code."""

import csv
import importlib.util
import json
import os
import re
from pathlib import Path

import nbformat
import pytest

from nucleoscope.data.splits import Protocol
from nucleoscope.models.bundle import load_bundle
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.folder import RunFolder

DOCS = Path(__file__).parent.parent / "docs"
MOST_BYTES = 1_000_000


def _load_script():
    """docs/execute_tutorial.py, which is no part of the package."""
    specification = importlib.util.spec_from_file_location("execute_tutorial", DOCS / "execute_tutorial.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


script = _load_script()


@pytest.fixture(scope="module")
def stored():
    return nbformat.read(DOCS / "tutorial.ipynb", as_version=4)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("tutorial")


@pytest.fixture(scope="module")
def executed(out):
    """The notebook after a run in a process of its own, which has one thread and leaves nothing with the user."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("NUCLEOSCOPE_TUTORIAL")]:
            patch.delenv(name)
        for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "XDG_CACHE_HOME"):
            patch.setenv(name, str(out / name))
        patch.setenv("NUCLEOSCOPE_TUTORIAL_OUT", str(out / "runs"))
        patch.setenv("OMP_NUM_THREADS", "1")
        return script.execute()


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(notebook):
    """All that is printed."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    return " ".join(" ".join(output.text for output in outputs if output.output_type == "stream").split())


def shape(notebook):
    """For each code cell, what kinds of output it has."""
    return [
        [output.get("name") or sorted(output.get("data", {"error": ""})) for output in cell.outputs]
        for cell in code_cells(notebook)
    ]


@pytest.fixture(params=["executed", "stored"])
def notebook(request):
    return request.getfixturevalue(request.param)


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_all_cells_ran_in_order_without_an_error_or_a_warning(notebook):
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} == {"stream", "display_data"}
    assert {output.name for output in outputs if output.output_type == "stream"} == {"stdout"}


def test_what_is_stored_is_of_this_code_and_looks_as_if_run_now(stored, executed):
    hint = "the code changed after it was run: make tutorial"
    assert stored.metadata["executed_code"] == script.code_hash(stored), hint
    assert shape(stored) == shape(executed), hint


def test_the_file_is_small_and_knows_nothing_of_this_machine(stored):
    assert (DOCS / "tutorial.ipynb").stat().st_size < MOST_BYTES
    text = json.dumps(stored)
    assert "synthetic tissue" in shown(stored)
    assert not re.search(r"/(tmp|home|root|Users)/", text)


def test_every_picture_has_words_for_those_who_do_not_see_it(stored):
    pictures = [
        output for cell in code_cells(stored) for output in cell.outputs if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 10
    assert all(output.metadata["image/png"]["alt"] for output in pictures)


@pytest.mark.parametrize("protocol", list(Protocol))
@pytest.mark.parametrize("kind", list(Kind))
def test_both_accuracies_are_shown_with_their_protocol(executed, out, protocol, kind):
    metrics = json.loads(RunFolder(out / "runs" / protocol).model(kind).metrics.read_text())
    assert metrics["protocol"] == protocol
    sentence = rf"{kind}: {100 * metrics['accuracy']:.1f}% accuracy \([^;]*; {protocol} split, {metrics['crops']:,} "
    assert re.search(sentence, shown(executed))


def test_no_accuracy_is_shown_without_its_protocol(notebook):
    said = re.findall(r"\d% accuracy [^)]*\)", shown(notebook))
    assert len(said) >= 8
    assert all("random split" in words or "tiles split" in words for words in said)


def test_a_network_learned_more_than_the_largest_class(out, executed):
    for protocol in Protocol:
        metrics = json.loads(RunFolder(out / "runs" / protocol).model(Kind.MODEL2).metrics.read_text())
        largest = max(one["support"] for one in metrics["per_class"].values()) / metrics["crops"]
        assert metrics["accuracy"] > largest + 0.1
        assert metrics["balanced_accuracy"] > 0.35  # one in four by chance


def test_the_submission_has_the_names_of_the_example_in_its_order(out, executed):
    submission = rows(RunFolder(out / "runs" / "random").model(Kind.MODEL2).submission)
    example = rows(out / "runs" / "synthetic" / "example.csv")
    assert [row["Filename"] for row in submission] == [row["Filename"] for row in example]
    assert {row["Label"] for row in submission} <= {"0", "1", "2", "3"}
    assert len({row["Label"] for row in submission}) > 1


def test_model1_was_searched_and_model2_began_with_real_weights(out, executed):
    tuning = rows(RunFolder(out / "runs" / "tiles").model(Kind.MODEL1).tuning_csv)
    assert len(tuning) == 3
    assert sum(row["chosen"] == "yes" for row in tuning) == 1
    origin = load_bundle(RunFolder(out / "runs" / "tiles").model(Kind.MODEL2).bundle).config.provenance
    assert "ImageNet" in origin["initial_weights"]
