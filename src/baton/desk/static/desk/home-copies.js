"use strict";
/* The copies of visit sheets on this device: AES-GCM under a key that cannot be exported, in IndexedDB, for one person, until a time.
   What is not encrypted: whose copy it is, of which visit (an id), until when, whether it is done, how many answers it has. */

const homeCopies = (() => {
  const NAME = "baton-home-visits";
  const asked = (request) => new Promise((done, fail) => { request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); });
  const bytes = new TextEncoder(), text = new TextDecoder();

  async function within(store, mode, act) {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => { for (const each of ["keys", "copies"]) opening.result.createObjectStore(each); };
    const base = await asked(opening);
    try { return await asked(act(base.transaction(store, mode).objectStore(store))); } finally { base.close(); }
  }

  async function key() {
    const found = await within("keys", "readonly", (store) => store.get("mine"));
    if (found) return found;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await within("keys", "readwrite", (store) => store.put(made, "mine"));
    return made;
  }

  async function seal(value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), bytes.encode(JSON.stringify(value))) };
  }

  async function unseal(sealed) {
    return JSON.parse(text.decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, await key(), sealed.data)));
  }

  const all = () => within("copies", "readonly", (store) => store.getAll());
  const get = (visit) => within("copies", "readonly", (store) => store.get(visit));
  const put = (kept) => within("copies", "readwrite", (store) => store.put(kept, kept.visit)).then(mark);

  /* The mark says, to every page of the desk, whose copies lie here and how many answers were not sent yet. Nothing else. */
  async function mark() {
    const several = await all();
    if (!several.length) return wipe();
    const unsent = several.reduce((sum, each) => sum + each.count, 0);
    localStorage.setItem(NAME, JSON.stringify({ person: several[0].person, unsent }));
  }

  const time = (kept) => new Date(Date.now() + kept.ahead);

  async function keep(visit, body) {
    const { copy, person, now, until, untilWords, ...sheet } = body;
    const ahead = new Date(now) - new Date(); /* this device's clock may be wrong: times are told by the house's */
    await put({ visit, copy, person, ahead, until, untilWords, done: false, count: 0, sheet: await seal(sheet), answers: await seal([]) });
  }

  async function answer(kept, answers) {
    await put({ ...kept, count: answers.length, answers: await seal(answers) });
  }

  async function remove(visit) {
    await within("copies", "readwrite", (store) => store.delete(visit));
    await mark();
  }

  /* What is over is wiped; of a sheet with answers only the answers stay, until they are sent. */
  async function expire() {
    for (const each of await all()) {
      if (new Date(each.until) > time(each) || !each.sheet) continue;
      if (each.count) await put({ ...each, sheet: null, done: true });
      else await remove(each.visit);
    }
  }

  async function wipe() {
    localStorage.removeItem(NAME);
    await asked(indexedDB.deleteDatabase(NAME));
    if (window.caches) for (const each of await caches.keys()) if (each.startsWith(NAME)) await caches.delete(each);
    const room = navigator.serviceWorker && await navigator.serviceWorker.getRegistration("/home-visits/");
    if (room) await room.unregister();
  }

  const can = () => Boolean(window.indexedDB && window.crypto && crypto.subtle && navigator.serviceWorker && window.caches);
  const has = () => localStorage.getItem(NAME) !== null;
  return { all, get, put, keep, answer, remove, expire, time, wipe, unseal, can, has };
})();
