"""The routes that only a run has, held against their OpenAPI document by Schemathesis."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from reviewed_runs import add_review, copy_run
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance

from conftest import running
from nucleoscope.web.app import create_app
from nucleoscope.web.served import load_served

ROUTES = [
    ("/api/crops/{data}/{position}.png", "GET"),
    ("/api/crops/{data}/{position}/around.png", "GET"),
    ("/api/explore/results", "GET"),
    ("/api/explore/results/{key}/crops", "GET"),
    ("/api/explore/results/{key}/maps/{method}", "GET"),
    ("/api/explore/results/{key}/maps/{method}", "POST"),
    ("/api/review/lists", "GET"),
    ("/api/review/lists/{key}", "GET"),
    ("/api/review/lists/{key}/decisions", "POST"),
    ("/api/review/undo", "POST"),
    ("/api/review/agreement", "GET"),
    ("/api/review/corrections.csv", "GET"),
]


@pytest.fixture(scope="module")
def openapi(run_folder, tmp_path_factory):
    run = copy_run(run_folder, tmp_path_factory.mktemp("openapi") / "run")
    add_review(run)
    with running(create_app(load_served(run.path))) as address:
        yield schemathesis.openapi.from_url(f"{address}/openapi.json")


def test_every_route_of_these_pages_is_checked(openapi):
    ours = ("/api/crops", "/api/explore", "/api/review")
    paths = openapi.raw_schema["paths"]
    assert set(ROUTES) == {(path, way.upper()) for path in paths if path.startswith(ours) for way in paths[path]}


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_every_answer_is_one_that_the_document_names(openapi, path, method):
    operation, asked = openapi[path][method], 0
    modes = [GenerationMode.POSITIVE]
    if method == "POST" or "{" in path:
        modes.append(GenerationMode.NEGATIVE)
    for mode in modes:

        @settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers_as_it_says(case):
            nonlocal asked
            asked += 1
            # Not checked: that all is accepted which fits the document. It cannot say which keys and names there are.
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        answers_as_it_says()
    assert asked
