from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.conformal import SetFigures
from nucleoscope.pipeline.sets import set_sentence

FIGURES = SetFigures(1000, 0.96, 0.9, 0.99, 0.08, 0.02, 1.1)


def test_the_sentence_names_protocol_and_crops():
    assert set_sentence(FIGURES, 0.95, Protocol.RANDOM) == (
        "sure of one class for 90.0% of the crops, 99.0% of them right; its sets hold the true class for 96.0% where "
        "95% was asked for (random split, 1,000 validation crops)"
    )


def test_on_new_tiles_nothing_is_promised():
    assert set_sentence(FIGURES, 0.95, Protocol.TILES).endswith(
        "(tiles split, 1,000 validation crops); new tiles are unlike those the sets were made on, so that nothing is "
        "promised for them"
    )


def test_a_model_that_is_never_sure():
    figures = SetFigures(10, 1.0, 0.0, None, 1.0, 0.0, 3.0)
    assert set_sentence(figures, 0.95, Protocol.RANDOM).startswith("sure of one class for none of the crops; its sets")
