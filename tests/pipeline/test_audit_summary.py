"""The sentences of an audit, word for word."""

from nucleoscope.pipeline.audit_summary import summarise_audit


def baseline(accuracy, informed=200):
    return {"crops": 200, "informed": informed, "accuracy": accuracy, "balanced_accuracy": accuracy - 0.1}


def shared(crops, overlapping):
    return {
        "crops": crops,
        "crops_that_overlap": overlapping,
        "share": overlapping / crops,
        "mean_largest": 0.612,
        "above_50": 0.8,
    }


def split(protocol, overlapping, informed):
    return {
        "protocol": protocol,
        "training_crops": 1800,
        "validation": shared(200, overlapping),
        "baselines": {
            "largest_class": baseline(0.4),
            "closest_crop": baseline(0.95, informed),
            "tile_majority": baseline(0.86, informed),
            "nearest_colours": baseline(0.9),
        },
    }


RECORD = {
    "crops": 2000,
    "overlapping_pairs": 9000,
    "conflicts": 0,
    "tiles": 40,
    "largest_tile": 150,
    "with_test": {
        "overlapping_pairs": 9900,
        "tiles": 41,
        "largest_tile": 160,
        "test": shared(50, 49),
    },
    "split_settings": {"seed": 3},
    "splits": {"random": split("random", 196, 196), "tiles": split("tiles", 0, 0)},
    "impossible_splits": {},
}


def test_all_that_is_found_is_said_with_protocol_and_crops():
    assert summarise_audit(RECORD) == [
        "2,000 labelled crops and 50 test crops: 9,900 pairs share pixels. They come from 41 tiles, the largest with "
        "160 crops.",
        "49 of 50 test crops (98.0%) share pixels with a labelled crop; the closest one holds 61% of the area on "
        "average, and more than half of it for 80% of the crops.",
        "Split random, seed 3, 1,800 training crops: 196 of 200 validation crops (98.0%) share pixels with a training "
        "crop; the closest one holds 61% of the area on average, and more than half of it for 80% of the crops.",
        "Right without any learning (accuracy, and balanced accuracy in brackets; random split, 200 validation "
        "crops): 95.0% (85.0%) by copying the label of the training crop that shares most pixels, which 196 have; "
        "86.0% (76.0%) by the majority of the tile, which 196 have; 90.0% (80.0%) by the nearest colour histogram; "
        "40.0% (30.0%) by always the largest class.",
        "Split tiles, seed 3, 1,800 training crops: 0 of 200 validation crops (0.0%) share pixels with a training "
        "crop.",
        "Right without any learning (accuracy, and balanced accuracy in brackets; tiles split, 200 validation crops): "
        "95.0% (85.0%) by copying the label of the training crop that shares most pixels, which none has, so the "
        "largest class; 86.0% (76.0%) by the majority of the tile, which none has, so the largest class; 90.0% "
        "(80.0%) by the nearest colour histogram; 40.0% (30.0%) by always the largest class.",
    ]


def test_what_is_odd_is_said():
    record = RECORD | {
        "conflicts": 1,
        "overlapping_pairs": 1,
        "with_test": None,
        "splits": {"random": RECORD["splits"]["random"], "tiles": None},
        "impossible_splits": {"tiles": "only 2 tiles found"},
    }
    lines = summarise_audit(record)
    assert lines[:2] == [
        "2,000 labelled crops: 1 pair shares pixels. They come from 40 tiles, the largest with 150 crops.",
        "1 pair of crops contradicts the rest of its tile: tiles that have nothing to do with each other may have "
        "been joined.",
    ]
    assert lines[-1] == "No tiles split: only 2 tiles found."


def test_crops_that_share_nothing():
    record = RECORD | {"overlapping_pairs": 0, "with_test": None}
    assert summarise_audit(record)[0] == "2,000 labelled crops: no two share pixels."
