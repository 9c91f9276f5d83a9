// The service worker: without a network the form, its words and the town's map are there. It keeps only what anyone may
// see; nothing a person writes passes through it into a cache.

const KEPT = "community-map-1", TILES = "community-map-tiles-1";
const WAIT_MS = 4000, DAY_MS = 86_400_000, MOST_TILES = 400;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => ![KEPT, TILES].includes(name)).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

self.addEventListener("message", (event) => {
  const { pages = [], files = [], words = "", tiles = [] } = event.data ?? {};
  event.waitUntil(keepAll([...pages, ...files, words].filter(isOurs), KEPT).then(() => keepAll(tiles.filter(isOurs), TILES)));
});

function isOurs(address) {
  return typeof address === "string" && URL.canParse(address, self.location) && new URL(address, self.location).origin === self.location.origin;
}

async function keepAll(addresses, name) {
  const cache = await caches.open(name);
  for (const address of addresses) {
    try {
      if (name === TILES && (await cache.match(address))) continue;
      const answer = await fetch(address, { credentials: "omit" });
      if (answer.ok && !answer.redirected) await cache.put(address, answer);
    } catch {
      return; // the network is gone, or there is no room; what is kept by now is of use
    }
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate" && address.pathname.endsWith("/calendar")) event.respondWith(atOnce(event, address));
  else if (request.mode === "navigate") event.respondWith(page(event, address));
  else if (address.pathname.startsWith("/tiles/basemap/")) event.respondWith(tile(request));
  else if (address.pathname.startsWith("/static/")) event.respondWith(file(event));
});

/**
 * The network first, which renews what is kept; what was kept where it does not answer, or a form not in time. A map shows
 * what others marked, of which some may be hidden by now: it is kept for a day.
 */
async function page(event, address) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(address.pathname, { ignoreVary: true });
  if (!kept) return fetch(event.request);
  const isForm = /\/(mark|mine)$/.test(address.pathname);
  const isOld = !isForm && !(Math.abs(Date.now() - Date.parse(kept.headers.get("Date"))) < DAY_MS);
  const answer = fetch(event.request);
  event.waitUntil(answer.then((newer) => renew(cache, address.pathname, newer.clone())).catch(() => undefined));
  if (isOld) return answer;
  const late = new Promise((done) => isForm && setTimeout(() => done(kept), WAIT_MS));
  return Promise.race([answer.catch(() => kept), late]);
}

async function renew(cache, path, answer) {
  if (answer.ok) await cache.put(path, answer);
  else if (answer.status === 404 || answer.status === 410) await cache.delete(path);
}

/** Whoever hides a page waits for no network; the calendar of today is kept for the next time. */
async function atOnce(event, address) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(address.pathname, { ignoreVary: true });
  const answer = fetch(event.request);
  if (!kept) return answer;
  event.waitUntil(answer.then((newer) => newer.ok && cache.put(address.pathname, newer)).catch(() => undefined));
  return kept;
}

/** The network, which renews what is kept; scripts and styles of one page belong together. */
async function file(event) {
  const { request } = event;
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request.url, { ignoreVary: true });
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(WAIT_MS) });
    const isNew = answer.ok && kept && kept.headers.get("ETag") !== answer.headers.get("ETag");
    if (isNew) event.waitUntil(cache.put(request.url, answer.clone()).catch(() => undefined));
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/** What is kept first: the ground seldom changes, and every kilobyte costs somebody money. */
async function tile(request) {
  const cache = await caches.open(TILES);
  const kept = await cache.match(request.url, { ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    const held = await cache.keys();
    if (held.length >= MOST_TILES) await cache.delete(held[0]);
    await cache.put(request.url, answer.clone()).catch(() => undefined); // no room: it is shown all the same
  }
  return answer;
}
