import re

from prometheus_client.parser import text_string_to_metric_families
from sent_pictures import encoded, noise
from starlette.testclient import TestClient

from nucleoscope.web.app import create_app


def samples(client):
    """Values of all samples by name and labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples}


def test_requests_and_batches_are_counted(served_bundle):
    crop = ("a.png", encoded(noise(48, 48)))
    with TestClient(create_app(served_bundle), base_url="http://localhost") as client:
        assert client.get("/health").json() == {"status": "ok"}
        client.post("/predict", files=[("files", crop)] * 3)
        client.post("/predict", files={"files": ("a.png", b"nothing")})
        client.get("/fields/../../x/picture")
        client.get("/fields/unknown/picture")
        client.get("/health", headers={"Host": "evil.example"})
        found = samples(client)

    def requests(method, route, status):
        return found["nucleoscope_requests_total", ("method", method), ("route", route), ("status", status)]

    assert requests("GET", "/health", "200") == 1
    assert requests("POST", "/predict", "200") == 1
    assert requests("POST", "/predict", "422") == 1
    assert requests("GET", "/fields/{identity}/picture", "404") == 1  # the pattern, not what clients write
    assert requests("GET", "other", "421") == 1
    assert found["nucleoscope_request_seconds_count", ("route", "/predict")] == 2
    assert found["nucleoscope_batch_crops_sum", ("model", "model")] == 3
    assert found[("nucleoscope_requests_under_way",)] == 1  # the one that asks


def test_two_apps_do_not_share_their_counts(served_bundle):
    first, second = (TestClient(create_app(served_bundle), base_url="http://localhost") for _ in range(2))
    first.get("/health")
    assert 'route="/health"' in first.get("/metrics").text
    assert 'route="/health"' not in second.get("/metrics").text


def test_what_clients_write_makes_no_new_series(client):
    client.request("MAKEITUP", "/made/up")
    assert not re.search("MAKEITUP|made", client.get("/metrics").text)
