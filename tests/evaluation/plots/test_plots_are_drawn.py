"""Every picture is written whole, at its size, with nothing cut off, and the edge cases draw too."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.calibration import ReliabilityBins
from nucleoscope.evaluation.plots import confusion, curves, reliability, tuning
from nucleoscope.evaluation.plots.confusion import name_worst_pair, plot_confusion, row_shares
from nucleoscope.evaluation.plots.curves import plot_curves
from nucleoscope.evaluation.plots.reliability import judge, plot_reliability
from nucleoscope.evaluation.plots.sheet import describe, shorten, wrap, write_sheet
from nucleoscope.evaluation.plots.tuning import Mark, best_so_far, describe_search, mark, plot_tuning
from nucleoscope.training.history import Epoch

LONG = "a class whose name is much longer than anybody would like it to be"


@dataclass
class Tried:
    number: int
    metric: float | None
    status: str = "finished"
    chosen: bool = False
    parameters: dict[str, float | int | str] = field(default_factory=lambda: {"rate": 0.01})


@pytest.fixture
def figures(monkeypatch):
    """The figures that were written."""
    seen: list[Figure] = []

    def write_and_keep(path, figure):
        write_sheet(path, figure)
        seen.append(figure)

    for module in (confusion, curves, reliability, tuning):
        monkeypatch.setattr(module, "write_sheet", write_and_keep)
    return seen


def check(path, figure):
    """A PNG of 150 dpi that is no blank sheet and whose texts are on it; returns all its words."""
    picture = np.asarray(Image.open(path).convert("L"))
    width, height = figure.get_size_inches()
    assert picture.shape == (int(height * 150), int(width * 150))
    assert (picture == 255).mean() > 0.2
    assert (picture < 128).mean() > 0.003
    rim = np.concatenate([picture[:3].ravel(), picture[-3:].ravel(), picture[:, :3].ravel(), picture[:, -3:].ravel()])
    assert rim.min() == 255, "something is cut off"
    assert [other.name for other in path.parent.iterdir()] == [path.name]
    return " ".join(" ".join(text.get_text().split()) for text in figure.texts)


@pytest.mark.parametrize(("epochs", "first"), [(1, 1.0), (2, 0.0), (40, 50.0)])
def test_curves(tmp_path, figures, epochs, first):
    losses = [first / number**2 for number in range(1, epochs + 1)]
    history = [Epoch(n, loss, 0.8, loss, 0.9, 1e-3, 1.0) for n, loss in enumerate(losses, start=1)]
    plot_curves(tmp_path / "curves.png", history, f"model1 {LONG}", Protocol.TILES, 1234)
    words = check(tmp_path / "curves.png", figures[0])
    assert "Protocol tiles: no tile on both sides. 1,234 validation crops. Last epoch: accuracy 90.0%." in words
    assert figures[0].axes[0].get_yscale() == ("log" if epochs == 40 else "linear")
    assert "logarithmic" in figures[0].axes[0].get_title(loc="left") or epochs < 40


@pytest.mark.parametrize("classes", [2, 4, 7, 20])
def test_confusion(tmp_path, figures, classes):
    counts = np.random.default_rng(0).integers(0, 3000, (classes, classes))
    counts[-1] = 0
    names = (LONG, *(f"class {number}" for number in range(1, classes)))
    plot_confusion(tmp_path / "confusion.png", counts, names, "model2", Protocol.RANDOM)
    words = check(tmp_path / "confusion.png", figures[0])
    assert f"Protocol random: crops split at random. {counts.sum():,} validation crops. Accuracy" in words
    cells = [text.get_text() for text in figures[0].axes[0].texts]
    assert len(cells) == classes**2
    assert cells[0] == f"{counts[0, 0]:,}\n{counts[0, 0] / counts[0].sum():.1%}"
    assert cells[-1] == "-"


def test_confusion_of_a_perfect_model_and_of_no_crops(tmp_path, figures):
    plot_confusion(tmp_path / "confusion.png", np.diag([5, 6]), ("a", "b"), "model2", Protocol.RANDOM)
    assert "No crop is confused with another class." in check(tmp_path / "confusion.png", figures[0])
    plot_confusion(tmp_path / "confusion.png", np.zeros((2, 2), np.int64), ("a", "b"), "model2", Protocol.RANDOM)
    assert "Accuracy" not in check(tmp_path / "confusion.png", figures[1])


def test_worst_pair_in_words():
    counts = np.array([[90, 10, 0], [300, 1700, 0], [0, 0, 0]])
    assert np.allclose(row_shares(counts)[:2].sum(axis=1), 1)
    assert np.isnan(row_shares(counts)[2]).all()
    assert name_worst_pair(counts, ("muscle", "leukocyte", "c")) == (
        "Worst confusion (framed): 300 of 2,000 crops of leukocyte (15.0%) are taken for muscle. Percentages are "
        "shares of the true class, so each row adds up to 100%."
    )


@pytest.mark.parametrize("crops", [1, 500])
def test_reliability(tmp_path, figures, crops):
    generator = np.random.default_rng(0)
    before, after = generator.dirichlet([0.2] * 3, crops), generator.dirichlet([1.0] * 3, crops)
    labels = generator.integers(0, 3, crops)
    plot_reliability(tmp_path / "reliability.png", before, after, labels, 1.5, "model1", Protocol.TILES)
    words = check(tmp_path / "reliability.png", figures[0])
    assert f"{crops} validation crops" in words
    assert "Temperature 1.50" in words
    labels_of_lines = [text.get_text() for text in figures[0].axes[0].get_legend().get_texts()]
    assert [label[:6] for label in labels_of_lines] == ["confid", "before", "after "]
    numbers = [int(text.get_text().replace(",", "")) for text in figures[0].axes[1].texts]
    assert sum(numbers) == crops


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [
        (0.80, "After scaling, the model is overconfident: mean confidence is 10.0 points above accuracy."),
        (0.95, "After scaling, the model is underconfident: mean confidence is 5.0 points below accuracy."),
        (0.905, "After scaling, confidence and accuracy agree on average, within one point."),
    ],
)
def test_judgement_of_confidence(accuracy, words):
    assert judge(ReliabilityBins(np.array([0.9]), np.array([accuracy]), np.array([10]))) == words


def test_search(tmp_path, figures):
    generator = np.random.default_rng(0)
    trials = [
        Tried(
            number,
            None if number % 5 == 0 else float(generator.uniform(0.6, 0.9)),
            "failed" if number % 5 == 0 else "stopped" if number % 2 else "finished",
            number == 8,
            {
                "learning_rate": float(10 ** generator.uniform(-4, -2)),
                "augmentation": float(generator.uniform(0.05, 1)),
                "batch_size": int(generator.choice([32, 64])),
                "schedule": str(generator.choice(["cosine", "flat"])),
            },
        )
        for number in range(1, 21)
    ]
    plot_tuning(tmp_path / "tuning.png", trials, "accuracy", "model1", Protocol.TILES, 300)
    words = check(tmp_path / "tuning.png", figures[0])
    assert "20 trials: 8 finished, 8 cut short, 4 failed. Chosen: trial 8 with accuracy 0." in words
    assert "300 selection crops" in words
    _, rate, augmentation, batch, schedule = figures[0].axes
    assert (rate.get_xscale(), augmentation.get_xscale()) == ("log", "linear")
    assert [label.get_text() for label in batch.get_xticklabels()] == ["32", "64"]
    assert [label.get_text() for label in schedule.get_xticklabels()] == ["cosine", "flat"]


@pytest.mark.parametrize("metric", [None, 0.5, float("nan")])
def test_search_of_one_trial(tmp_path, figures, metric):
    plot_tuning(tmp_path / "tuning.png", [Tried(1, metric)], "accuracy", "model1", Protocol.TILES, 300)
    assert "1 trial:" in check(tmp_path / "tuning.png", figures[0])


def test_search_without_parameters(tmp_path, figures):
    plot_tuning(tmp_path / "tuning.png", [Tried(1, 0.5, parameters={})], "accuracy", "m", Protocol.TILES, 300)
    check(tmp_path / "tuning.png", figures[0])


def test_best_so_far_goes_up_only_and_passes_over_failures():
    trials = [Tried(3, 0.7), Tried(1, None), Tried(2, 0.8), Tried(4, float("nan")), Tried(5, 0.9)]
    assert best_so_far(trials) == [(2, 0.8), (3, 0.8), (4, 0.8), (5, 0.9)]


def test_marks_of_trials():
    assert mark(Tried(1, None, chosen=True)) is Mark.FAILED
    assert mark(Tried(1, 0.5, "stopped")) is Mark.SHORT
    assert mark(Tried(1, 0.5)) is Mark.FINISHED
    assert mark(Tried(1, 0.5, "stopped", chosen=True)) is Mark.CHOSEN
    assert describe_search([Tried(1, None, "failed")], "accuracy") == (
        "1 trial: 0 finished, 0 cut short, 1 failed. None is chosen."
    )


def test_words_on_the_sheet():
    assert describe(Protocol.RANDOM, 2268, "test") == "Protocol random: crops split at random. 2,268 test crops."
    assert max(len(line) for line in wrap("word " * 50, 2.0, 10).splitlines()) <= 27
    assert shorten("short.png", 3.0, 11) == "short.png"
    assert shorten("x" * 50 + ".png", 2.0, 11).endswith("xxx.png")
