"""What `nucleoscope crops` wrote, in a few sentences."""

from pathlib import Path

from nucleoscope.data.reading.labelled import MIN_CROPS
from nucleoscope.data.reading.wording import counted
from nucleoscope.slides.annotations.cropping import Written
from nucleoscope.slides.nuclei.nucleus_file import summarised


def summarise_crops(written: Written, out: Path) -> list[str]:
    """Sentences: how many crops of which classes, what was left out, and what is too little to train on."""
    ranked = sorted(written.counts.items(), key=lambda entry: (-entry[1], entry[0]))
    classes = ", ".join(f"{count:,} {label}" for label, count in ranked)
    crops = counted(sum(written.counts.values()), "crop")
    lines = [f"{crops} of {counted(written.fields, 'field')} in {out}: {classes}"]
    if written.resampled:
        lines.append(f"{counted(written.resampled, 'field')} of another resolution: their crops were resampled")
    lines += [f"{counted(images, 'image')}: {note}" for note, images in written.notes.items()]
    if written.skipped:
        lines.append(f"left out: {summarised(written.skipped)}")
    if len(ranked) < 2:
        lines.append(f'only one class, "{ranked[0][0]}": to train takes two or more')
    for label, count in ranked:
        if count < MIN_CROPS:
            lines.append(f'class "{label}" has {counted(count, "crop")}: to train takes at least {MIN_CROPS} of each')
    return lines
