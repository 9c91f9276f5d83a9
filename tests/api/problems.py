"""The one shape of every error."""

import httpx


def assert_problem(response: httpx.Response, status: int, field: str | None = None, *, never: str = "") -> None:
    """Hold a response against RFC 9457 and the house: names the field, echoes nothing."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    assert body["status"] == status
    if field is not None:
        assert any(error["field"].startswith(field) for error in body["errors"]), body
    if never:
        assert never not in response.text
