"""The map of a model that sees more than the crop."""

import pytest
import timm
import torch
from fastapi.testclient import TestClient
from map_jobs_done import computed

from nucleoscope.models.specification import Kind
from nucleoscope.pipeline import run as running_stages
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.prediction.table import read_predictions
from nucleoscope.web.app import create_app
from nucleoscope.web.served import load_served


@pytest.fixture
def run(competition, tmp_path, monkeypatch):
    torch.manual_seed(0)
    weights = tmp_path / "resnet10t.pth"
    torch.save(timm.create_model("resnet10t").state_dict(), weights)
    monkeypatch.setattr(running_stages, "wanted_stages", lambda prepared: ["tune", "train", "evaluate"])
    monkeypatch.setattr(running_stages, "summarise", lambda prepared, folder, reporter: None)
    settings = RunSettings(
        models=("model2",), backbone="timm:resnet10t", weights=str(weights), epochs=1, split="tiles", surroundings=2
    )
    return running_stages.run(competition, tmp_path / "run", settings)


def test_it_is_of_the_crops_with_what_lies_around_them(run):
    with TestClient(create_app(load_served(run.path)), base_url="http://127.0.0.1:8000") as client:
        answer = computed(client, "/api/explore/results/model2/maps/pca")
    assert answer["state"] == "ready", answer
    assert len(answer["x"]) == len(read_predictions(run.model(Kind.MODEL2).predictions).names)
