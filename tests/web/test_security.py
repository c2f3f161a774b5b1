"""Who is let in, from where, with how much, and what a browser may do with the answers."""

import pytest
from sent_pictures import encoded, noise
from starlette.testclient import TestClient

from nucleoscope.errors import ConfigError
from nucleoscope.web.app import create_app
from nucleoscope.web.settings import Limits, WebSettings, is_this_machine

TOKEN = "correct-horse-battery"
CROP = {"files": ("a.png", encoded(noise(48, 48)))}


@pytest.fixture(scope="module")
def guarded(served_bundle):
    """A client of an app that other machines may reach; it knows no token."""
    app = create_app(served_bundle, WebSettings(host="0.0.0.0", token=TOKEN))
    with TestClient(app, base_url="http://anywhere.example", follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/try", "/static/base.css", "/api/shell", "/nothing", "/openapi.json"])
def test_every_answer_tells_the_browser_what_it_may_do(client, path):
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_names_of_this_machine_are_let_in(client, host):
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "[", ""])
def test_a_name_that_was_made_to_resolve_to_this_machine_is_refused(client, host):
    answer = client.get("/api/shell", headers={"Host": host})
    error = "the Host header names another machine; expected 127.0.0.1 or localhost"
    assert (answer.status_code, answer.json()) == (421, {"error": error})


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9"])
def test_pages_of_other_sites_cannot_send_anything(client, origin):
    answer = client.post("/predict", files=CROP, headers={"Origin": origin})
    error = "sent by a page of another site; expected one of this server"
    assert (answer.status_code, answer.json()) == (403, {"error": error})


def test_our_own_page_can(client):
    assert client.post("/predict", files=CROP, headers={"Origin": "http://127.0.0.1:8000"}).status_code == 200


def test_without_the_token_there_is_nothing_but_health_and_a_page_to_sign_in(guarded):
    for path in ("/api/shell", "/metrics", "/openapi.json", "/fields/x/picture"):
        answer = guarded.get(path)
        error = "the token is missing or wrong; expected a header `Authorization: Bearer TOKEN`"
        assert (answer.status_code, answer.json()) == (401, {"error": error})
    page = guarded.get("/try", headers={"Accept": "text/html"})
    assert (page.status_code, "asks for the token" in page.text) == (401, True)
    assert guarded.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "header", [f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ", f"Basic {TOKEN}", "Bearer \u00e9"]
)
def test_another_token_is_refused(guarded, header):
    assert guarded.get("/api/shell", headers={"Authorization": header.encode("latin-1")}).status_code == 401


def test_the_token_lets_programs_in(guarded):
    assert guarded.get("/api/shell", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_browser_signs_in_once(guarded):
    wrong = guarded.post("/sign-in", data={"token": "guess"})
    assert (wrong.headers["location"], "set-cookie" in wrong.headers) == ("/sign-in?wrong", False)
    right = guarded.post("/sign-in", data={"token": TOKEN})
    assert right.headers["location"] == "/"
    assert {"HttpOnly", "SameSite=strict"} <= set(right.headers["set-cookie"].split("; "))
    assert guarded.get("/api/shell").status_code == 200
    guarded.cookies.clear()
    assert guarded.get("/api/shell").status_code == 401


def test_a_form_that_is_no_token_is_not_read(guarded):
    answer = guarded.post("/sign-in", data={"token": "x" * 5000})
    assert (answer.status_code, answer.json()) == (
        413,
        {"error": "the form is too large; expected a token and nothing else"},
    )


@pytest.mark.parametrize("says_length", [True, False])
def test_a_body_over_the_limit_is_413_whether_it_says_so_or_not(served_bundle, says_length):
    app = create_app(served_bundle, WebSettings(limits=Limits(body=2**20)))
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    body = head + bytes(2**20) + b"\r\n--b--\r\n"
    with TestClient(app, base_url="http://localhost") as client:
        answer = client.post(
            "/predict",
            content=body if says_length else iter([body[:1000], body[1000:]]),
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )
    error = "the request is larger than 1 MiB; send fewer or smaller files"
    assert (answer.status_code, answer.json()) == (413, {"error": error})


@pytest.mark.parametrize(
    ("host", "token", "error"),
    [
        (
            "0.0.0.0",
            None,
            "--host 0.0.0.0 lets other machines in; expected a token that they must know: set NUCLEOSCOPE_TOKEN to 16 "
            "characters or more, such as those of `openssl rand -hex 16`",
        ),
        (
            "127.0.0.1",
            "short",
            "the token has 5 characters; expected 16 or more, all ASCII: take those of `openssl rand -hex 16`",
        ),
    ],
)
def test_other_machines_need_a_token_that_cannot_be_guessed(host, token, error):
    with pytest.raises(ConfigError) as failure:
        WebSettings(host=host, token=token)
    assert str(failure.value) == error


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("127.0.0.2", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("lab.example", False),
    ],
)
def test_only_loopback_is_this_machine(host, is_here):
    assert is_this_machine(host) is is_here


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"])
def test_static_files_are_those_of_their_folder(client, path):
    assert client.get(path).status_code == 404
