"""The OpenAPI document, held against the server by Schemathesis: a few valid and invalid requests for each route."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance

# Not checked: that all is accepted which fits the document. It cannot say which bytes are a picture.
READ = ["/health", "/metrics", "/api/shell"]
KEPT = ["/fields/{identity}/picture", "/fields/{identity}/nuclei.csv", "/fields/{identity}/nuclei.geojson"]
WRITTEN = ["/predict", "/explain", "/fields"]
CASES = [
    *((path, "GET", GenerationMode.POSITIVE) for path in READ + KEPT),
    *((path, "POST", mode) for path in WRITTEN for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)),
]


@pytest.fixture(scope="module")
def openapi(live_bundle):
    return schemathesis.openapi.from_url(f"{live_bundle}/openapi.json")


@pytest.mark.parametrize(("path", "method", "mode"), CASES, ids=str)
def test_every_answer_is_one_that_the_document_names(openapi, path, method, mode):
    asked = 0

    @settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=openapi[path][method].as_strategy(generation_mode=mode))
    def answers_as_it_says(case):
        nonlocal asked
        asked += 1
        # No 500, a status and a body that the document names, and refusals of invalid data.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    answers_as_it_says()
    assert asked


def test_every_route_of_the_interface_is_checked(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {path for path, _, _ in CASES}
