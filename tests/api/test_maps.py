"""The page of hotspots and the frame of its map, over HTTP."""

import re

import httpx
import pytest

from mapping.api.maps import frame_policy


def test_the_frame_names_our_origin_and_a_nonce() -> None:
    policy = frame_policy("https://map.example:8443", "abc")
    assert policy.startswith("default-src 'none'; script-src https://map.example:8443 'nonce-abc'; ")
    assert "'self'" not in policy
    assert "unsafe" not in policy
    assert policy.endswith("sandbox allow-scripts")


@pytest.mark.parametrize("origin", ["http://a;script-src *", "http://a b", "ftp://a", ""])
def test_an_odd_host_opens_nothing(origin: str) -> None:
    assert "script-src 'none' 'nonce-" in frame_policy(origin, "abc")


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_a_town_without_hotspots_says_so(client: httpx.AsyncClient, town: str, language: str) -> None:
    answer = await client.get(f"/{language}/c/{town}/hotspots")
    assert answer.status_code == 200
    assert f'src="/{language}/c/{town}/hotspots/map"' in answer.text
    assert 'sandbox="allow-scripts"' in answer.text
    assert {"en": "Nothing is ranked here yet", "uk": "Місць ще не впорядковано"}[language] in answer.text
    assert " style=" not in answer.text


async def test_the_frame_carries_the_nonce_of_its_policy(client: httpx.AsyncClient, town: str) -> None:
    answers = [await client.get(f"/uk/c/{town}/hotspots/map?theme=night") for _ in range(2)]
    nonces = []
    for answer in answers:
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        found = re.search(r"'nonce-([\w-]+)'", policy)
        assert found is not None
        assert f'nonce="{found[1]}"' in answer.text
        assert "connect-src http://testserver;" in policy
        nonces.append(found[1])
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize(
    "path",
    [
        "/de/c/{}/hotspots",
        "/en/c/{}/hotspots/map?theme=pink",
        "/en/c/no-such/hotspots/map",
        "/en/c/%00/hotspots",
        "/en/c/%ED%A0%80/hotspots/map",
    ],
)
async def test_what_is_not_there_is_refused_plainly(client: httpx.AsyncClient, town: str, path: str) -> None:
    answer = await client.get(path.format(town))
    assert answer.status_code == 404
