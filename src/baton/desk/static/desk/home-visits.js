"use strict";
/* The room of home visits: takes a sheet along, shows what lies here, keeps answers as they are given, sends them once there is a network. */

const words = document.getElementById("words").dataset;
const sayings = document.getElementById("say");
const card = document.getElementById("copy");
const list = document.querySelector("[data-device-list]");
const say = (sentence, mark = "calm") => { sayings.textContent = sentence; sayings.className = `notice ${mark}`; sayings.hidden = !sentence; };
const element = (name, options = {}, ...inside) => { const made = Object.assign(document.createElement(name), options); made.append(...inside); return made; };
const visit = card && (card.dataset.visit || decodeURIComponent(location.pathname.split("/").pop()));

/* --- sending ---------------------------------------------------------------------------------------------------------------------- */

async function here() {
  const answer = await fetch(words.here, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (answer.redirected || !answer.ok) { say(words.signin, "soon"); return null; }
  return answer.json();
}

async function post(address, token, body) {
  const headers = { "X-CSRFToken": token };
  if (typeof body === "string") headers["Content-Type"] = "application/json";
  const answer = await fetch(address, { method: "POST", credentials: "same-origin", headers, body });
  const said = (answer.headers.get("Content-Type") || "").startsWith("application/json") ? await answer.json() : {};
  return { ok: answer.ok && !answer.redirected, ...said };
}

let sending = null;
const send = () => (sending = sending || sent().catch(() => {}).finally(() => { sending = null; }));

async function sent() {
  const done = (await homeCopies.all()).filter((each) => each.done);
  if (!done.length) return;
  const who = await here();
  if (!who) return;
  for (const each of done) {
    if (who.person !== each.person) return homeCopies.wipe();
    const answers = await homeCopies.unseal(each.answers);
    const answer = await post(words.answers, who.token, JSON.stringify({ copy: each.copy, answers }));
    say(answer.said || words.failed, answer.ok ? "calm" : "late");
    if (!answer.ok) return;
    await homeCopies.remove(each.visit);
    if (each.visit === visit) clear();
  }
  await shown();
}

/* --- showing ---------------------------------------------------------------------------------------------------------------------- */

function clear() {
  card.hidden = true;
  card.querySelectorAll(":scope > :not(h2)").forEach((each) => each.remove());
  const questions = document.getElementById("asked");
  if (questions) questions.hidden = false;
}

function question(asked, given, changed) {
  const name = `q-${asked.link}`, before = given.get(asked.link);
  if (asked.type === "text") {
    const box = element("textarea", { name, rows: 2, maxLength: 2000, value: before ? before.said : "" });
    box.addEventListener("change", () => changed(asked.link, box.value.trim()));
    return element("label", { className: "field" }, asked.text, box);
  }
  const choices = element("div", { className: "choices" });
  for (const [code, word] of [...asked.options, ["", words.skip]]) {
    const radio = element("input", { type: "radio", name, value: code, checked: before ? before.said === code : code === "" });
    radio.addEventListener("change", () => changed(asked.link, code));
    choices.append(element("label", {}, radio, word));
  }
  return element("fieldset", {}, element("legend", { textContent: asked.text }), choices);
}

async function opened(kept) {
  clear();
  const sheet = kept.sheet && await homeCopies.unseal(kept.sheet);
  if (!sheet) return say(words.over, "soon");
  const given = new Map((await homeCopies.unseal(kept.answers)).map((each) => [each.link, each]));
  if ("whole" in card.dataset) {
    const lines = element("dl", { className: "sheet-lines" });
    for (const [label, text] of sheet.lines) lines.append(element("div", {}, element("dt", { textContent: label }), element("dd", { textContent: text })));
    card.append(lines);
  }
  const form = element("form", { className: "asking" });
  if (sheet.fewer) form.append(element("p", { className: "notice", textContent: words.fewer }));
  const state = element("p", { className: "meta" });
  const tell = () => { state.textContent = `${words.kept.replace("{n}", given.size)} ${words.there.replace("{until}", words.until.replace("{when}", kept.untilWords))}`; };
  let turn = Promise.resolve();
  const changed = (link, said) => {
    if (said) given.set(link, { link, said, at: homeCopies.time(kept).toISOString() }); else given.delete(link);
    turn = turn.then(() => homeCopies.answer(kept, [...given.values()])).then(tell);
  };
  form.append(...sheet.questions.map((each) => question(each, given, changed)), state);
  const done = element("button", { className: "btn go", type: "button", textContent: words.send });
  const away = element("button", { className: "btn", type: "button", textContent: words.wipe });
  done.addEventListener("click", async () => {
    await turn;
    await homeCopies.put({ ...(await homeCopies.get(kept.visit)), done: true });
    say(words.waits, "soon");
    await send();
  });
  away.addEventListener("click", async () => {
    await turn;
    await homeCopies.remove(kept.visit);
    clear();
    await shown();
    try { const who = await here(); if (who) await post(words.drop, who.token, new URLSearchParams({ copy: kept.copy })); } catch { /* its time runs out by itself */ }
  });
  form.append(element("div", { className: "acts" }, done, away));
  form.addEventListener("submit", (event) => event.preventDefault());
  card.append(form);
  const questions = document.getElementById("asked");
  if (questions) questions.hidden = true;
  tell();
  card.hidden = false;
}

async function shown() {
  if (!list) return;
  list.replaceChildren();
  const several = homeCopies.has() ? await homeCopies.all() : [];
  for (const each of several) {
    const title = each.sheet ? (await homeCopies.unseal(each.sheet)).title : words.unsent;
    const note = each.done ? words.unsent : words.until.replace("{when}", each.untilWords);
    list.append(element("li", {}, element("a", { href: words.room + each.visit, textContent: title }), element("br"), element("small", { textContent: note })));
  }
  document.getElementById("on-device").hidden = !several.length;
}

/* --- taking along ------------------------------------------------------------------------------------------------------------------ */

async function along(form) {
  say("");
  const token = form.elements.csrfmiddlewaretoken.value;
  const answer = await post(form.action, token, new URLSearchParams());
  if (!answer.ok) return say(answer.said || words.failed, "late");
  const { ok, ...body } = answer;
  await homeCopies.keep(visit, body);
  const room = await navigator.serviceWorker.register(words.worker, { scope: words.room });
  await navigator.serviceWorker.ready;
  room.active.postMessage("keep");
  await opened(await homeCopies.get(visit));
  say(words.there.replace("{until}", words.until.replace("{when}", body.untilWords)));
}

const taking = document.querySelector("form[data-take]");
if (taking) {
  const button = taking.querySelector("button");
  button.disabled = !homeCopies.can();
  if (button.disabled) say(words.cannot, "soon");
  taking.addEventListener("submit", (event) => { event.preventDefault(); button.disabled = true; along(taking).catch(() => say(words.failed, "late")).finally(() => { button.disabled = false; }); });
}

async function begin() {
  if (!homeCopies.has()) { if (card && "whole" in card.dataset) say(words.none, "soon"); return; }
  await homeCopies.expire();
  await shown();
  const kept = card && homeCopies.has() && await homeCopies.get(visit);
  if (kept && kept.done) say(words.waits, "soon");
  else if (kept) await opened(kept);
  else if (card && "whole" in card.dataset && location.pathname !== words.room) say(words.none, "soon");
  await send();
  if (navigator.serviceWorker.controller && navigator.onLine) navigator.serviceWorker.controller.postMessage("keep");
}

addEventListener("online", send);
begin().catch(() => say(words.failed, "late"));
