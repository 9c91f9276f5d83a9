"""A challenge solved by Chromium's own Web Crypto, in the way the reference tells, is taken."""

from uuid import uuid4

from playwright.async_api import Browser

from tests.browser.conftest import open_page
from tests.factories import report_payload

SOLVE_AND_SEND = """
async ({path, report}) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const challenge = await (await fetch(path + "/challenge")).json();
  const {nonce, salt, cost, keyLength, keyPrefix} = challenge.parameters;
  const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
  let counter = 0, derivedKey = "";
  for (; !derivedKey.startsWith(keyPrefix); counter += 1) {
    new DataView(password.buffer).setUint32(password.length - 4, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const how = {name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost};
    derivedKey = hex(await crypto.subtle.deriveBits(how, key, keyLength * 8));
  }
  const proof = btoa(JSON.stringify({challenge, solution: {counter: counter - 1, derivedKey}}));
  const send = async (id) => {
    const answer = await fetch(`${path}/reports/${id}`, {
      method: "PUT",
      headers: {"Content-Type": "application/json", "Proof-Of-Work": proof},
      body: JSON.stringify(report),
    });
    return [answer.status, answer.headers.get("Proof-Of-Work-Status")];
  };
  return {tries: counter, sent: [await send(crypto.randomUUID()), await send(crypto.randomUUID())]};
}
"""


async def test_a_phone_solves_a_challenge_and_spends_it_once(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en/c/demo/mark")
    report = report_payload(geometry=None, place=f"by the mill {uuid4()}")
    path = "/api/communities/demo"
    found = await visit.page.evaluate(SOLVE_AND_SEND, {"path": path, "report": report})
    assert 200 < found["tries"] <= 400
    assert found["sent"] == [[201, "accepted"], [201, "spent"]]
    assert visit.failures == []
    await context.close()
