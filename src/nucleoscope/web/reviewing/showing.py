"""What one reviewer may see: his own decisions, and those of others only where he has decided himself."""

from collections.abc import Iterable

from nucleoscope.data.reading.corrections import DROP
from nucleoscope.errors import RunFolderError
from nucleoscope.web.pictures.opened import Opened
from nucleoscope.web.reviewing.answers import Opinion, SuspectAnswer, SuspectsAnswer
from nucleoscope.web.reviewing.decisions import Decision
from nucleoscope.web.reviewing.suspects import Suspect, SuspectList

Opinions = dict[str, tuple[Opinion | None, list[Opinion]]]
"""By crop: the reviewer's own, and those of others."""


def opinion(decision: Decision) -> Opinion:
    """A decision without its crop."""
    return Opinion(reviewer=decision.reviewer, verdict=decision.verdict, label=decision.label, answer=decision.answer)


def opinions_of(standing: Iterable[Decision], reviewer: str) -> Opinions:
    """What a reviewer may see of the decisions that stand."""
    mine: dict[str, Opinion] = {}
    others: dict[str, list[Opinion]] = {}
    for decision in standing:
        if decision.reviewer == reviewer:
            mine[decision.crop] = opinion(decision)
        else:
            others.setdefault(decision.crop, []).append(opinion(decision))
    return {crop: (own, others.get(crop, [])) for crop, own in mine.items()}


def suspects_answer(found: SuspectList, opened: Opened, standing: Iterable[Decision], reviewer: str) -> SuspectsAnswer:
    """A review as one reviewer may see it.

    Raises:
        RunFolderError: it is about other crops.
    """
    position = {name: i for i, name in enumerate(opened.crops.names)}
    foreign = next((one.name for one in found.suspects if one.name not in position), None)
    if foreign is not None:
        raise RunFolderError(f'the review names "{foreign}", which the data has not; make it again')
    opinions, crowded = opinions_of(standing, reviewer), opened.surroundings.has_neighbours()

    def answer(one: Suspect) -> SuspectAnswer:
        mine, others = opinions.get(one.name, (None, []))
        at = position[one.name]
        return SuspectAnswer(**vars(one), position=at, has_neighbours=bool(crowded[at]), mine=mine, others=others)

    height, width = opened.crops.size
    return SuspectsAnswer(
        data=opened.key,
        height=height,
        width=width,
        mpp=opened.crops.mpp,
        classes=list(found.classes),
        can_drop=DROP not in found.classes,
        found=found.sentence(),
        edited=found.edited,
        suspects=[answer(one) for one in found.suspects],
    )
