import itertools

import numpy as np
import pytest

from nucleoscope.slides.detection.scoring import DetectionScore, count_matches, match_centres, score_centres


def test_a_nucleus_matches_one_other_only():
    found = np.array([[0.0, 0.0], [1.0, 0.0], [30.0, 0.0]])
    known = np.array([[0.5, 0.0], [90.0, 0.0]])
    assert score_centres(found, known, 0.5) == DetectionScore(found=3, known=2, matched=1)


def test_the_radius_is_in_micrometres():
    found, known = np.array([[0.0, 0.0]]), np.array([[10.0, 0.0]])
    assert score_centres(found, known, 0.30).matched == 1
    assert score_centres(found, known, 0.31).matched == 0


def test_the_nearest_neighbour_is_given_up_where_that_makes_one_pair_more():
    # Greedy matching takes 0 - 0.9 and leaves 2 and -2 alone.
    found = np.array([[0.0, 0.0], [2.0, 0.0]])
    known = np.array([[0.9, 0.0], [-2.0, 0.0]])
    pairs = set(zip(*(side.tolist() for side in match_centres(found, known, 2.5)), strict=True))
    assert pairs == {(0, 1), (1, 0)}


def test_no_assignment_has_more_pairs_or_as_many_that_are_closer():
    rng = np.random.default_rng(0)
    for _ in range(30):
        found, known = rng.uniform(0, 6, (4, 2)), rng.uniform(0, 6, (5, 2))
        distance = np.linalg.norm(found[:, None] - known, axis=2)
        options = []
        for columns in itertools.permutations(range(5), 4):
            near = [d for d in distance[range(4), columns] if d <= 2.0]
            options.append((-len(near), sum(near)))
        of_found, of_known = match_centres(found, known, 2.0)
        matched = distance[of_found, of_known]
        assert (matched <= 2.0).all()
        assert (-len(matched), pytest.approx(matched.sum())) == min(options)
        assert count_matches(found, known, 2.0) == len(matched)


def test_shares_and_totals():
    total = DetectionScore.total([DetectionScore(10, 8, 6), DetectionScore(0, 2, 0)])
    assert (total.precision, total.recall, total.f1) == (0.6, 0.6, 0.6)
    nothing = DetectionScore(0, 0, 0)
    assert np.isnan([nothing.precision, nothing.recall, nothing.f1]).all()


@pytest.mark.parametrize(("found", "known"), [(0, 3), (3, 0), (0, 0)])
def test_nothing_matches_nothing(found, known):
    assert score_centres(np.zeros((found, 2)), np.zeros((known, 2)), 0.5) == DetectionScore(found, known, 0)
