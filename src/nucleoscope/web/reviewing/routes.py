"""The routes of the Review page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import combinations
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Query, Request, Response

from nucleoscope.data.reading.corrections import DROP
from nucleoscope.evaluation.agreement import measure_agreement
from nucleoscope.pipeline.model_results import ModelPlace
from nucleoscope.web.errors import answers
from nucleoscope.web.pictures.state import DataHere
from nucleoscope.web.reviewing.answers import (
    AgreementAnswer,
    DecisionAnswer,
    DecisionRequest,
    PairAnswer,
    PlacesAnswer,
    Reviewer,
    ReviewerAnswer,
    ReviewPlace,
    SuspectsAnswer,
    UndoAnswer,
    UndoRequest,
)
from nucleoscope.web.reviewing.corrections_file import corrections_text, earlier_corrections, settle
from nucleoscope.web.reviewing.decisions import Decision, DecisionStore, Verdict
from nucleoscope.web.reviewing.showing import opinion, opinions_of, suspects_answer
from nucleoscope.web.reviewing.suspects import (
    SuspectList,
    has_list,
    read_suspects,
    review_command,
    reviewed_places,
)
from nucleoscope.web.served import ServedHere

RULE = "Where reviewers disagree, the label stays as it is, and the row says who says what."


@asynccontextmanager
async def _store(app: FastAPI) -> AsyncIterator[None]:
    """While the app runs, it has the decisions of the run."""
    run = app.state.served.run
    app.state.decisions = None if run is None else DecisionStore(run.decisions)
    yield
    if app.state.decisions is not None:
        app.state.decisions.close()


router = APIRouter(prefix="/api/review", tags=["review"], lifespan=_store)


def _store_of(request: Request) -> DecisionStore:
    store: DecisionStore = request.app.state.decisions
    return store


StoreHere = Annotated[DecisionStore, Depends(_store_of)]


def _find_place(
    key: Annotated[str, Path(description="Of the model, as the list of reviews gives it.", max_length=80)],
    served: ServedHere,
) -> ModelPlace:
    """The model with this key, whose review was made."""
    assert served.run is not None  # the feature needs one
    place = reviewed_places(served.run).get(key)
    if place is None:
        raise HTTPException(404, f"there is no model {key!r} here; expected a key of /api/review/lists")
    if not has_list(place):
        raise HTTPException(404, f"no review of {key} was made; run `{review_command(place)}`")
    return place


PlaceHere = Annotated[ModelPlace, Depends(_find_place)]


@router.get("/lists")
def lists(served: ServedHere) -> PlacesAnswer:
    """The models of the run, each with what its review found or the command that makes one."""
    assert served.run is not None  # the feature needs one
    return PlacesAnswer(places=[_describe(place) for place in reviewed_places(served.run).values()])


def _describe(place: ModelPlace) -> ReviewPlace:
    found = read_suspects(place) if has_list(place) else None
    return ReviewPlace(
        key=place.key,
        title=place.key.replace("-", " "),
        found=None if found is None else found.sentence(),
        suspects=0 if found is None else len(found.suspects),
        command=review_command(place),
    )


@router.get("/lists/{key}", responses=answers(404, 422))
def suspects(
    place: PlaceHere, data: DataHere, store: StoreHere, reviewer: Annotated[Reviewer, Query()]
) -> SuspectsAnswer:
    """The likely label errors that a review found, with what the reviewer decided about them."""
    return suspects_answer(read_suspects(place), data.of(place.run), store.standing(), reviewer)


@router.post("/lists/{key}/decisions", responses=answers(400, 404, 422))
def decide(place: PlaceHere, store: StoreHere, asked: DecisionRequest) -> DecisionAnswer:
    """Store a decision; the answer comes when it is on disk."""
    store.record(_decision(read_suspects(place), asked))
    return _standing(store, asked.reviewer, asked.crop)


def _decision(found: SuspectList, asked: DecisionRequest) -> Decision:
    """What is asked for, checked against the review."""
    suspect = next((one for one in found.suspects if one.name == asked.crop), None)
    if suspect is None:
        raise HTTPException(422, "crop: no crop of this review has that name; load the page again")
    if (asked.verdict is Verdict.RELABEL) != (asked.label is not None):
        raise HTTPException(422, "label: expected a class with the verdict relabel, and none with another")
    if asked.label is not None and asked.label not in found.classes:
        raise HTTPException(422, f"label: that is no class; expected one of {', '.join(found.classes)}")
    if asked.verdict is Verdict.DROP and DROP in found.classes:
        raise HTTPException(422, f"verdict: a class is called {DROP}, so that a file could not say what is meant")
    same = asked.label == suspect.given
    verdict, label = (Verdict.KEEP, None) if same else (asked.verdict, asked.label)
    return Decision(asked.reviewer, asked.crop, suspect.given, verdict, label, asked.shown)


@router.post("/undo", responses=answers(400, 404, 422))
def undo(store: StoreHere, asked: UndoRequest) -> UndoAnswer:
    """Withdraw a reviewer's last decision."""
    withdrawn = store.undo(asked.reviewer)
    if withdrawn is None:
        raise HTTPException(404, "there is nothing to undo: no decision of this reviewer stands")
    now = _standing(store, asked.reviewer, withdrawn.crop)
    return UndoAnswer(**dict(now), withdrawn=opinion(withdrawn))


def _standing(store: DecisionStore, reviewer: str, crop: str) -> DecisionAnswer:
    mine, others = opinions_of(store.standing(), reviewer).get(crop, (None, []))
    return DecisionAnswer(crop=crop, mine=mine, others=others)


@router.get("/agreement", responses=answers(422))
def agreement(store: StoreHere) -> AgreementAnswer:
    """How far the reviewers agree, by Cohen's kappa over the crops that both of two decided."""
    standing = store.standing()
    of: dict[str, dict[str, str]] = {}
    for decision in standing:
        of.setdefault(decision.reviewer, {})[decision.crop] = decision.answer
    names = sorted(of)
    return AgreementAnswer(
        reviewers=[ReviewerAnswer(name=name, decided=len(of[name])) for name in names],
        pairs=[_pair(first, second, of) for first, second in combinations(names, 2)],
        disagreements=sum(bool(one.disagreement) for one in settle(standing).values()),
        rule=RULE,
    )


def _pair(first: str, second: str, of: dict[str, dict[str, str]]) -> PairAnswer:
    both = sorted(of[first].keys() & of[second].keys())
    found = measure_agreement([of[first][crop] for crop in both], [of[second][crop] for crop in both])
    return PairAnswer(first=first, second=second, crops=found.crops, kappa=found.kappa, sentence=found.sentence())


@router.get("/corrections.csv", response_class=Response, responses=answers(422))
def corrections(served: ServedHere, store: StoreHere) -> Response:
    """What the reviewers agree on, as the file that `nucleoscope run --corrections` reads."""
    assert served.run is not None  # the feature needs one
    text = corrections_text(settle(store.standing()), earlier_corrections(served.run))
    headers = {"Content-Disposition": 'attachment; filename="corrections.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
