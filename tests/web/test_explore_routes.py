"""The routes of Explore."""

import pytest
from fastapi.testclient import TestClient
from map_jobs_done import computed
from reviewed_runs import copy_run

from nucleoscope.files import write_json
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.run import load_prepared
from nucleoscope.prediction.table import read_predictions
from nucleoscope.web.app import create_app
from nucleoscope.web.served import load_served

LOCAL = "http://127.0.0.1:8000"


@pytest.fixture
def run(run_folder, tmp_path):
    return copy_run(run_folder, tmp_path / "run")


@pytest.fixture
def client(run):
    with TestClient(create_app(load_served(run.path)), base_url=LOCAL) as client:
        yield client


def test_the_crops_are_those_that_were_validated_on(client, run):
    (result,) = client.get("/api/explore/results").json()["results"]
    assert (result["key"], result["protocol"], result["has_map"]) == ("model1", "random", True)
    crops = client.get("/api/explore/results/model1/crops").json()["crops"]
    found, prepared = read_predictions(run.model("model1").predictions), load_prepared(run, Silent())
    assert crops["name"] == list(found.names)
    assert sorted(crops["position"]) == sorted(prepared.split.val.tolist())
    assert [prepared.dataset.crops.names[i] for i in crops["position"]] == crops["name"]
    assert crops["predicted"] == found.probabilities.argmax(axis=1).tolist()
    assert crops["tile"] == [str(tile) for tile in prepared.split.tile[crops["position"]].tolist()]


def test_a_map_is_made_when_it_is_asked_for(client, run):
    address = "/api/explore/results/model1/maps/pca"
    assert client.get(address).json()["state"] == "absent"
    answer = computed(client, address)
    assert answer["state"] == "ready", answer
    count = len(read_predictions(run.model("model1").predictions).names)
    assert (len(answer["x"]), len(answer["y"])) == (count, count)
    assert 0 < answer["explained"] <= 1
    assert list(run.cache.glob("embeddings-*/map-pca.npz"))


def test_a_bundle_that_is_gone_is_a_reason_and_not_a_fault(client, run):
    (run.model("model1").bundle / "model.safetensors").unlink()
    address = "/api/explore/results/model1/maps/pca"
    answer = computed(client, address)
    assert (answer["state"], answer["refused"][:8]) == ("refused", 'bundle "')


def test_an_unknown_model_or_method_is_refused(client):
    refused = client.get("/api/explore/results/..%2Fmodel1/crops")
    assert refused.status_code == 404
    refused = client.get("/api/explore/results/model7/crops")
    assert (refused.status_code, refused.json()) == (
        404,
        {"error": "there is no evaluated model 'model7'; expected a key of /api/explore/results"},
    )
    assert client.get("/api/explore/results/model1/maps/tsne").status_code == 422


def test_predictions_of_other_crops_are_refused(client, run):
    table = run.model("model1").predictions
    name = read_predictions(table).names[0]
    table.write_text(table.read_text().replace(name, "elsewhere.png"))
    refused = client.get("/api/explore/results/model1/crops")
    assert (refused.status_code, refused.json()) == (
        422,
        {
            "error": f'"{table}" has a line for "elsewhere.png", which the data has not; run `nucleoscope evaluate` '
            "again"
        },
    )


def test_folds_pooled_are_one_result_without_a_map(run_folder, tmp_path):
    write_json(tmp_path / "runs.json", {"runs": ["fold-1", "fold-2"]})
    for name in ("fold-1", "fold-2"):
        copy_run(run_folder, tmp_path / name)
    for name in ("metrics.json", "predictions.csv"):
        target = tmp_path / "model1" / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((run_folder.path / "model1" / name).read_bytes())
    with TestClient(create_app(load_served(tmp_path)), base_url=LOCAL) as client:
        (result,) = client.get("/api/explore/results").json()["results"]
        assert (result["title"], result["has_map"]) == ("model1, 2 folds pooled, random split", False)
        refused = client.post("/api/explore/results/model1/maps/pca")
        assert (refused.status_code, refused.json()) == (
            422,
            {"error": "folds are several models, whose embeddings have nothing in common; there is no map"},
        )


def test_a_run_that_was_not_evaluated_names_the_command(run_folder, tmp_path):
    run = copy_run(run_folder, tmp_path / "run")
    run.model("model1").metrics.unlink()
    with TestClient(create_app(load_served(run.path)), base_url=LOCAL) as client:
        answer = client.get("/api/explore/results").json()
    assert (answer["results"], answer["command"]) == ([], f"nucleoscope evaluate {run.path}")
