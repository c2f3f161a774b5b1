"""What the routes of Review take and answer."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from nucleoscope.web.reviewing.decisions import Shown, Verdict


def _plain(name: str) -> str:
    """A reviewer's name, the same however it was typed: spaces joined, characters composed."""
    plain = " ".join(unicodedata.normalize("NFKC", name).split())
    if not plain or not plain.isprintable() or "|" in plain:
        raise ValueError("a reviewer's name is empty or holds signs that cannot be shown or a bar")
    return plain


Reviewer = Annotated[
    str, Field(description="The reviewer's name.", min_length=1, max_length=40), AfterValidator(_plain)
]


class ReviewPlace(BaseModel):
    """A model whose review there is, or could be."""

    key: str
    title: str
    found: str | None = Field(description="What its review found; null where none was made.")
    suspects: int
    command: str = Field(description="What makes the review, or makes it again.")


class PlacesAnswer(BaseModel):
    """The reviews of a run."""

    places: list[ReviewPlace]


class Opinion(BaseModel):
    """What somebody says of a label."""

    reviewer: str
    verdict: Verdict
    label: str | None = Field(description="The class that it is to be; null unless it is relabelled.")
    answer: str = Field(description="The class that the reviewer takes the nucleus for, or drop.")


class SuspectAnswer(BaseModel):
    """A label that is likely wrong."""

    name: str
    position: int = Field(description="Of the crop among the labelled ones.")
    given: str
    suggested: str
    probability_given: float
    probability_suggested: float
    has_neighbours: bool = Field(description="Whether other crops show what lies around it.")
    mine: Opinion | None = Field(description="What the asking reviewer decided.")
    others: list[Opinion] = Field(description="What others decided; empty until the asking reviewer has decided.")


class SuspectsAnswer(BaseModel):
    """A review, as one reviewer may see it."""

    data: str = Field(description="Key of the data, for the addresses of pictures.")
    height: int
    width: int
    mpp: float | None = Field(description="Micrometres per pixel; null where it is not known.")
    classes: list[str]
    can_drop: bool = Field(description="False where a class is itself called drop.")
    found: str
    edited: int = Field(description="Rows of labels.csv that were corrected by hand; they are not in this.")
    suspects: list[SuspectAnswer]


class DecisionRequest(BaseModel):
    """A decision to store."""

    reviewer: Reviewer
    crop: str = Field(description="Name of a crop of this review.", max_length=4096)
    verdict: Verdict
    label: str | None = Field(
        default=None, description="The class that it is to be, with the verdict relabel.", max_length=4096
    )
    shown: Shown = Shown.SUGGESTION


class DecisionAnswer(BaseModel):
    """What stands now, on disk."""

    crop: str
    mine: Opinion | None
    others: list[Opinion]


class UndoRequest(BaseModel):
    """Whose last decision to withdraw."""

    reviewer: Reviewer


class UndoAnswer(DecisionAnswer):
    """What was withdrawn: the crop, and what stands for it now."""

    withdrawn: Opinion


class ReviewerAnswer(BaseModel):
    """How much somebody decided."""

    name: str
    decided: int


class PairAnswer(BaseModel):
    """How far two reviewers agree."""

    first: str
    second: str
    crops: int
    kappa: float | None
    sentence: str


class AgreementAnswer(BaseModel):
    """All who decided, and every two of them."""

    reviewers: list[ReviewerAnswer]
    pairs: list[PairAnswer]
    disagreements: int = Field(description="Crops about which not all who decided say the same.")
    rule: str = Field(description="What corrections.csv says about these.")
