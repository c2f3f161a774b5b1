"""How many nuclei of each class there are, in words that a program can read."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nucleoscope.slides.results import Nucleus, Verdicts
from nucleoscope.slides.writing.facts import Add, Facts


@dataclass(frozen=True)
class Summary:
    """Counts of the nuclei of an image.

    Attributes:
        counts: nuclei by class, in the order of the model; those that are unsure are in none.
        unsure: nuclei without a class, by the reason.
        area_mm2: of the image.
    """

    counts: Mapping[str, int]
    area_mm2: float
    unsure: Mapping[str, int] = field(default_factory=dict)

    @property
    def classified(self) -> int:
        """Nuclei with a class."""
        return sum(self.counts.values())

    @property
    def nuclei(self) -> int:
        """All of them."""
        return self.classified + sum(self.unsure.values())

    def share(self, name: str) -> float | None:
        """Of the nuclei with a class, those with this one; None if there are none."""
        return self.counts[name] / self.classified if self.classified else None


class Counting:
    """Counts the verdicts that it is given.

    Attributes:
        facts: of the image.
    """

    def __init__(self, facts: Facts):
        self.facts = facts
        self._classes: Counter[str] = Counter()
        self._unsure: Counter[str] = Counter()

    def add(self, nuclei: Sequence[Nucleus], verdicts: Verdicts) -> None:
        """Count a chunk."""
        assert len(nuclei) == len(verdicts), (len(nuclei), len(verdicts))
        for number, doubt in zip(verdicts.predicted.tolist(), verdicts.unsure.tolist(), strict=True):
            if doubt:
                self._unsure[doubt] += 1
            else:
                self._classes[verdicts.classes[number]] += 1

    @property
    def summary(self) -> Summary:
        """What was counted."""
        counts = {name: self._classes[name] for name in self.facts.classes}
        return Summary(counts, self.facts.image.area_mm2, dict(sorted(self._unsure.items())))


@contextmanager
def writing_summary(path: Path, facts: Facts) -> Iterator[Add]:
    """Write counts, the share of the nuclei with a class, and the density on the area of the whole image."""
    counting = Counting(facts)
    yield counting.add
    summary, image = counting.summary, facts.image
    classes = {
        name: {"count": count, "share": summary.share(name), "density_per_mm2": count / summary.area_mm2}
        for name, count in summary.counts.items()
    }
    found = {
        "image": image.name,
        "mpp": image.mpp,
        "width": image.size[0],
        "height": image.size[1],
        "area_mm2": summary.area_mm2,
        "source": facts.source,
        "nuclei": summary.nuclei,
        "classified": summary.classified,
        "classes": classes,
        "unsure": dict(summary.unsure),
        "left_out": dict(facts.left_out),
    }
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
