/* Today: the selected row and its panel, forms without leaving the page, and a list that refreshes itself without losing the place. */
(() => {
  "use strict";
  const EVERY = 30000;
  const drafts = new Map(); // what was typed but not sent, by task, for as long as the page is open
  let used = false; // whether somebody did anything since the last refresh: only that keeps a session alive
  let waiting = 0;

  const rows = () => [...document.querySelectorAll("#work .work")];
  const current = () => document.querySelector("#work .work.at");
  const parameters = () => new URLSearchParams(location.search);
  const selected = () => document.querySelector("#sheet .sheet")?.dataset.task ?? parameters().get("task");

  function mark(task) {
    for (const row of rows()) {
      const here = row.dataset.task === task;
      row.classList.toggle("at", here);
      const link = row.querySelector(".do");
      if (here) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    }
  }

  function address(task) {
    const query = parameters();
    query.delete("after");
    query.set("task", task);
    return `?${query}`;
  }

  function select(row, { focus = true, now = false } = {}) {
    keep();
    const task = row.dataset.task;
    mark(task);
    history.replaceState(null, "", address(task));
    document.getElementById("sheet").inert = true; // nothing is typed or pressed into the panel of the row that was left
    document.dispatchEvent(new Event("baton:leaving"));
    const link = row.querySelector(".do");
    if (focus) link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    clearTimeout(waiting);
    waiting = setTimeout(() => htmx.ajax("GET", `/today/panel${address(task)}`, { target: "#sheet", source: "#sheet", swap: "innerHTML" }), now ? 0 : 90);
  }

  // --- what was typed stays typed -------------------------------------------------------------------------------------------------
  function fields() {
    return [...document.querySelectorAll("#sheet form [name]")].filter((field) => field.type !== "hidden" && field.tagName !== "BUTTON");
  }
  const changed = (field) => field.type === "checkbox" ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT" ? ![...field.options].every((option) => option.selected === option.defaultSelected) && field.selectedIndex > 0
      : field.value !== field.defaultValue;
  const label = (field) => `${field.form.getAttribute("action")} ${field.name} ${field.type === "checkbox" ? field.value : ""}`;

  function keep() {
    const task = document.querySelector("#sheet .sheet")?.dataset.task;
    if (!task) return;
    const typed = fields().filter(changed).map((field) => [label(field), field.type === "checkbox" ? true : field.value]);
    if (typed.length) drafts.set(task, new Map(typed)); else drafts.delete(task);
  }

  function restore() {
    const draft = drafts.get(document.querySelector("#sheet .sheet")?.dataset.task);
    if (!draft) return;
    for (const field of fields()) {
      if (!draft.has(label(field))) continue;
      if (field.type === "checkbox") field.checked = true; else field.value = draft.get(label(field));
      const fold = field.closest("details");
      if (fold) fold.open = true;
    }
  }

  // --- moving ---------------------------------------------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    used = true;
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (document.querySelector("dialog[open]") || !document.getElementById("keys-on").checked) return;
    const at = current();
    if (event.key === "Enter" && at && (event.target === document.body || event.target === at.querySelector(".do"))) {
      event.preventDefault();
      location.assign(at.dataset.patient);
    }
    if ((event.key !== "j" && event.key !== "k") || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    const all = rows();
    const next = at ? all[all.indexOf(at) + (event.key === "j" ? 1 : -1)] : all[0];
    if (next) select(next);
  });

  document.addEventListener("click", (event) => {
    used = true;
    const link = event.target.closest("#work .do");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    select(link.closest(".work"), { now: true });
    if (matchMedia("(max-width: 62rem)").matches) document.getElementById("sheet").scrollIntoView();
  });

  // --- forms: sent in place, then the whole of Today as the server now sees it ----------------------------------------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("#sheet form, #notices form") || form.dataset.sent) return;
    event.preventDefault();
    form.dataset.sent = "1";
    const values = Object.fromEntries([...new FormData(form)].map(([name]) => [name, new FormData(form).getAll(name)]));
    const button = event.submitter;
    if (button?.name) values[button.name] = button.value;
    const all = rows();
    const at = all.findIndex((row) => row.dataset.task === selected());
    if ("next" in values) values.next = (all[at + 1] ?? all[at - 1])?.dataset.task ?? "";
    if (all.length > 100) values.rows = all.length;
    drafts.delete(selected());
    const from = location.pathname;
    htmx.ajax("POST", form.getAttribute("action"), { values, source: document.body, target: "#today", select: "#today", swap: "outerHTML show:none", headers: { "X-From": from } })
      .catch(() => form.submit()).finally(() => { delete form.dataset.sent; });
  });

  // --- refreshing itself ----------------------------------------------------------------------------------------------------------
  function refresh() {
    if (document.hidden || document.querySelector("dialog[open]") || parameters().has("after")) return;
    const work = document.getElementById("work");
    const query = parameters();
    query.delete("task");
    query.set("seen", work.dataset.seen);
    if (rows().length > 100) query.set("rows", rows().length);
    htmx.ajax("GET", `/today/rows?${query}`, { source: "#work", target: "#work", swap: "outerHTML show:none", headers: { "X-Polling": used ? "active" : "idle" } });
    used = false;
  }
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  document.addEventListener("baton:refresh", refresh);

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    // an error page, or somebody else's whole page, is shown as a page
    if (xhr.status >= 400 && target.id !== "work") {
      event.detail.shouldSwap = false;
      document.open(); document.write(xhr.responseText); document.close();
    }
  });

  // --- when the hub does not answer: say so, and leave nothing that could be taken for the chosen row --------------------------------
  document.addEventListener("htmx:sendError", (event) => {
    const sheet = document.getElementById("sheet");
    if (event.detail.target?.id === "sheet") {
      sheet.replaceChildren();
      sheet.inert = false;
    }
    if (document.getElementById("lost")) return;
    const lost = document.createElement("div");
    lost.id = "lost";
    lost.className = "notice late";
    lost.textContent = sheet.dataset.lost;
    document.getElementById("notices").append(lost);
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) document.getElementById("lost")?.remove(); });

  let focused = null;
  document.addEventListener("htmx:beforeRequest", () => { focused = document.activeElement?.id || null; });
  document.addEventListener("htmx:afterSwap", (event) => {
    const { target, xhr } = event.detail;
    if (target.id === "today" && xhr.responseURL) {
      const url = new URL(xhr.responseURL);
      if (url.pathname === "/today") history.replaceState(null, "", url.pathname + url.search);
      const notices = new DOMParser().parseFromString(xhr.responseText, "text/html").getElementById("notices");
      const nav = new DOMParser().parseFromString(xhr.responseText, "text/html").getElementById("nav-today");
      if (notices) document.getElementById("notices").replaceChildren(...notices.childNodes);
      if (nav) document.getElementById("nav-today").replaceChildren(...nav.childNodes);
    }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const id = event.detail.target.id;
    if (id === "work") {
      mark(selected());
      if (focused?.startsWith("do-")) document.getElementById(focused)?.focus({ preventScroll: true });
    }
    if (id === "sheet") {
      const sheet = event.detail.target;
      const there = sheet.querySelector(".sheet")?.dataset.task;
      if (there && current() && there !== current().dataset.task) return;
      sheet.scrollTop = 0;
      restore();
      sheet.inert = false;
      document.dispatchEvent(new Event("baton:ready"));
    }
    if (id === "today") {
      const link = current()?.querySelector(".do");
      link?.focus({ preventScroll: true });
      current()?.scrollIntoView({ block: "nearest" });
      restore();
    }
  });
  for (const kind of ["pointerdown", "input"]) document.addEventListener(kind, () => { used = true; }, { passive: true });
})();
