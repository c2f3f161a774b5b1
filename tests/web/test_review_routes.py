"""The routes of Review, and the way of a decision from a reviewer into the next run's labels."""

import io

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from reviewed_runs import add_review, copy_run

from nucleoscope.data.reading.dataset import read_dataset
from nucleoscope.files import write_json
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.run import load_prepared
from nucleoscope.web.app import create_app
from nucleoscope.web.served import load_served

LOCAL = "http://127.0.0.1:8000"


@pytest.fixture
def reviewed(run_folder, tmp_path):
    """A run with a review, and the names of its suspects."""
    run = copy_run(run_folder, tmp_path / "run")
    return run, add_review(run)


@pytest.fixture
def client(reviewed):
    with TestClient(create_app(load_served(reviewed[0].path)), base_url=LOCAL) as client:
        yield client


def decide(client, crop, verdict, label=None, reviewer="Anna", **more):
    wish = {"reviewer": reviewer, "crop": crop, "verdict": verdict, "label": label, **more}
    return client.post("/api/review/lists/model1/decisions", json=wish)


def suspects(client, reviewer="Anna"):
    answer = client.get("/api/review/lists/model1", params={"reviewer": reviewer})
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["suspects"]}


def test_a_list_says_what_was_found_and_by_whom(client):
    (place,) = client.get("/api/review/lists").json()["places"]
    found = place["found"]
    assert (place["key"], place["suspects"]) == ("model1", 8)
    assert found.startswith("8 of ")
    assert found.endswith("likely wrong (4 folds, random split, each crop judged by a model not trained on it)")


def test_without_a_review_the_command_that_makes_one_is_named(run_folder):
    with TestClient(create_app(load_served(run_folder.path)), base_url=LOCAL) as client:
        (place,) = client.get("/api/review/lists").json()["places"]
        assert (place["found"], place["suspects"]) == (None, 0)
        assert place["command"] == f"nucleoscope review {run_folder.path} --model model1"
        answer = client.get("/api/review/lists/model1", params={"reviewer": "Anna"})
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": f"no review of model1 was made; run `nucleoscope review {run_folder.path} --model model1`"},
    )
    assert not run_folder.decisions.exists()


def test_what_others_say_shows_only_after_ones_own_decision(client, reviewed):
    crop = reviewed[1][0]
    decide(client, crop, "drop", reviewer="Ben")
    before = suspects(client)[crop]
    assert (before["mine"], before["others"]) == (None, [])
    answer = decide(client, crop, "keep").json()
    assert answer["mine"]["verdict"] == "keep"
    assert [(one["reviewer"], one["answer"]) for one in answer["others"]] == [("Ben", "drop")]
    assert suspects(client, "Ben")[crop]["mine"]["verdict"] == "drop"


def test_to_relabel_as_the_label_is_is_to_keep_it(client, reviewed):
    crop = reviewed[1][0]
    given = suspects(client)[crop]["given"]
    assert decide(client, crop, "relabel", given).json()["mine"] == {
        "reviewer": "Anna",
        "verdict": "keep",
        "label": None,
        "answer": given,
    }


def test_undo_goes_back_step_by_step(client, reviewed):
    first, second = reviewed[1][:2]
    decide(client, first, "keep")
    decide(client, second, "drop")
    answer = client.post("/api/review/undo", json={"reviewer": "Anna"}).json()
    assert (answer["crop"], answer["withdrawn"]["verdict"], answer["mine"]) == (second, "drop", None)
    assert client.post("/api/review/undo", json={"reviewer": "Anna"}).json()["crop"] == first
    refused = client.post("/api/review/undo", json={"reviewer": "Anna"})
    assert (refused.status_code, refused.json()) == (
        404,
        {"error": "there is nothing to undo: no decision of this reviewer stands"},
    )


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"crop": "../../etc/passwd"}, "crop: no crop of this review has that name; load the page again"),
        ({"verdict": "relabel"}, "label: expected a class with the verdict relabel, and none with another"),
        ({"label": "x"}, "label: expected a class with the verdict relabel, and none with another"),
        (
            {"verdict": "relabel", "label": "x"},
            "label: that is no class; expected one of normal epithelium, cancer epithelium, muscle, immune leukocyte",
        ),
        (
            {"reviewer": " \t "},
            "body reviewer: Value error, a reviewer's name is empty or holds signs that cannot be shown or a bar",
        ),
        (
            {"reviewer": "A|B"},
            "body reviewer: Value error, a reviewer's name is empty or holds signs that cannot be shown or a bar",
        ),
    ],
)
def test_what_cannot_be_stored_is_refused_in_one_line(client, reviewed, wish, error):
    answer = decide(client, **({"crop": reviewed[1][0], "verdict": "keep"} | wish))
    assert (answer.status_code, answer.json()) == (422, {"error": error})
    assert not reviewed[0].decisions.exists()


def test_agreement_is_over_the_crops_that_both_decided(client, reviewed):
    names = reviewed[1]
    for crop in names[:3]:
        decide(client, crop, "keep")
        decide(client, crop, "keep", reviewer="Ben")
    decide(client, names[3], "drop")
    decide(client, names[3], "keep", reviewer="Ben")
    decide(client, names[4], "drop")
    found = client.get("/api/review/agreement").json()
    assert found["reviewers"] == [{"name": "Anna", "decided": 5}, {"name": "Ben", "decided": 4}]
    assert found["disagreements"] == 1
    (pair,) = found["pairs"]
    assert (pair["first"], pair["second"], pair["crops"]) == ("Anna", "Ben", 4)
    assert "the same answer for 75% of 4 crops decided by both" in pair["sentence"]


def test_what_was_decided_is_what_the_next_run_learns(client, reviewed, competition, tmp_path):
    run, names = reviewed
    found = suspects(client)
    new = found[names[0]]["suggested"]
    decide(client, names[0], "relabel", new)
    decide(client, names[1], "drop")
    decide(client, names[2], "keep")
    decide(client, names[3], "relabel", new)
    decide(client, names[3], "drop", reviewer="Ben")
    answer = client.get("/api/review/corrections.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="corrections.csv"'
    file = tmp_path / "corrections.csv"
    file.write_bytes(answer.content)
    before = load_prepared(run, Silent()).dataset.crops
    after = read_dataset(competition, corrections=file).crops
    label = dict(zip(after.names, after.targets().tolist(), strict=True))
    wanted = dict(zip(before.names, before.targets().tolist(), strict=True))
    wanted[names[0]] = before.classes.index(new)
    del wanted[names[1]]
    assert label == wanted


def test_pictures_are_the_crops_and_may_be_kept(client, reviewed):
    crops = load_prepared(reviewed[0], Silent()).dataset.crops
    listed = client.get("/api/review/lists/model1", params={"reviewer": "Anna"}).json()
    one = listed["suspects"][0]
    answer = client.get(f"/api/crops/{listed['data']}/{one['position']}.png")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert np.array_equal(np.array(Image.open(io.BytesIO(answer.content))), crops.images[one["position"]])
    around = client.get(f"/api/crops/{listed['data']}/{one['position']}/around.png")
    height, width = crops.size
    pixels = np.array(Image.open(io.BytesIO(around.content)))
    assert np.array_equal(pixels[height:-height, width:-width, :3], crops.images[one["position"]])
    for path, error in (
        (
            f"/api/crops/{'0' * 16}/0.png",
            f"there is no data {'0' * 16}; expected a key that a list of crops gave: load the page again",
        ),
        (f"/api/crops/{listed['data']}/99999.png", f"there is no crop 99999; expected 0 to {len(crops) - 1}"),
    ):
        refused = client.get(path)
        assert (refused.status_code, refused.json()) == (404, {"error": error})


def test_a_class_called_drop_cannot_be_mistaken(client, reviewed):
    run, names = reviewed
    record = run.model("model1").review / "review.json"
    record.write_text(record.read_text().replace('"muscle"', '"drop"'))
    answer = decide(client, names[0], "drop")
    assert (answer.status_code, answer.json()) == (
        422,
        {"error": "verdict: a class is called drop, so that a file could not say what is meant"},
    )


def test_runs_of_both_protocols_share_crops_and_decisions(run_folder, tmp_path):
    write_json(tmp_path / "runs.json", {"runs": ["random", "tiles"]})
    runs = [copy_run(run_folder, tmp_path / name, name) for name in ("random", "tiles")]
    names, _ = (add_review(run) for run in runs)
    with TestClient(create_app(load_served(tmp_path)), base_url=LOCAL) as client:
        keys = [place["key"] for place in client.get("/api/review/lists").json()["places"]]
        assert keys == ["random-model1", "tiles-model1"]
        wish = {"reviewer": "Anna", "crop": names[0], "verdict": "keep"}
        assert client.post("/api/review/lists/random-model1/decisions", json=wish).status_code == 200
        found = client.get("/api/review/lists/tiles-model1", params={"reviewer": "Anna"}).json()
        assert found["suspects"][0]["mine"]["verdict"] == "keep"
        results = client.get("/api/explore/results").json()["results"]
        assert [(one["key"], one["protocol"]) for one in results] == [
            ("random-model1", "random"),
            ("tiles-model1", "tiles"),
        ]
        data = {client.get(f"/api/explore/results/{key}/crops").json()["data"] for key in keys}
        assert data == {found["data"]}
    assert (tmp_path / "decisions.sqlite").is_file()
