"""Runs with a review, as `nucleoscope review` leaves one, without fitting the models that would judge."""

import shutil

from nucleoscope.data.splits.table import read_split_lines
from nucleoscope.files import write_csv, write_json
from nucleoscope.models.bundle import load_bundle
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.review_files import HEADER, LABELS, RECORD
from nucleoscope.prediction.table import read_predictions


def copy_run(run_folder, path, protocol=None):
    """A copy of a run to write into; its metrics say another protocol if one is given."""
    shutil.copytree(run_folder.path, path)
    if protocol is not None:
        metrics = path / "model1" / "metrics.json"
        metrics.write_text(metrics.read_text().replace('"protocol": "random"', f'"protocol": "{protocol}"'))
    return RunFolder(path)


def add_review(run, suspects=8):
    """Put some validation crops under suspicion; their names."""
    model = run.model("model1")
    found = read_predictions(model.predictions)
    classes, names = found.classes, found.names[:suspects]
    rows = []
    for name, label in zip(names, found.labels.tolist(), strict=False):
        suggested = classes[(label + 1) % len(classes)]
        rows.append((name, classes[label], suggested, "0.050000", "0.900000", "0.050000", ""))
    write_csv(model.review / LABELS, HEADER, rows)
    record = {"protocol": "random", "folds": 4, "crops": len(read_split_lines(run.split))}
    per_class = {name: {} for name in load_bundle(model.bundle).config.classes}
    write_json(model.review / RECORD, record | {"suspected": len(rows), "listed": len(rows), "per_class": per_class})
    return names
