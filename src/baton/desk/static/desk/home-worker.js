"use strict";
/* The worker of the room of home visits. Without a network it answers with the empty page and our own style sheets and scripts, which it
   keeps; a page about anybody is never kept. Its scope is this room alone. */

const NAME = "baton-home-visits-1";
const SHELL = "/home-visits/offline";

async function keep() {
  const answer = await fetch(SHELL, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const page = await answer.clone().text();
  const files = [...page.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((each) => each[1]);
  const cache = await caches.open(NAME);
  for (const each of await cache.keys()) if (!files.includes(new URL(each.url).pathname)) await cache.delete(each);
  await Promise.all(files.map(async (each) => (await cache.match(each)) || cache.add(each)));
  await cache.put(SHELL, answer);
}

self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => { if (event.data === "keep") event.waitUntil(keep().catch(() => {})); });
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(fetch(event.request).catch(async () => (await caches.match(SHELL)) || Response.error()));
  else if (address.pathname.startsWith("/static/")) event.respondWith(fetch(event.request).catch(async () => (await caches.match(event.request)) || Response.error()));
});
