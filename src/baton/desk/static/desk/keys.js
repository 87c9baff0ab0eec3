/* Keys of every page: an element with data-key="x" is clicked (a link, a button), opened (a summary) or focused (a field) by that key.
   Never while somebody types, never with Ctrl, Alt or Meta, never when single-letter keys are switched off. */
(() => {
  "use strict";
  const dialog = document.getElementById("keys");
  const on = document.getElementById("keys-on");
  const kept = "baton.keys";
  const read = () => { try { return localStorage.getItem(kept) !== "off"; } catch { return true; } };
  const write = (value) => { try { localStorage.setItem(kept, value ? "on" : "off"); } catch { /* private window: the choice lasts for this page */ } };
  on.checked = read();
  on.addEventListener("change", () => write(on.checked));

  let early = null; // a key pressed while what it belongs to was still being fetched

  const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;

  function press(element) {
    if (element.matches("summary")) {
      const details = element.parentElement;
      details.open = true;
      details.querySelector("form input:not([type=hidden]), form select, form button")?.focus();
      details.scrollIntoView({ block: "nearest" });
    } else if (element.matches("input, textarea, select")) {
      element.focus();
      element.select?.();
    } else {
      element.click();
    }
  }

  // a list that has no panel beside it: j and k go from row to row, Enter follows the link that is focused
  function step(by) {
    const links = [...document.querySelectorAll("[data-steps] > li")].map((row) => row.querySelector("a.do") ?? row.querySelector("a")).filter(Boolean);
    const at = links.findIndex((link) => link === document.activeElement || link.closest("li").contains(document.activeElement));
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
    next?.focus({ preventScroll: true });
    next?.closest("li").scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "Escape" && typing(event.target) && !dialog.open) {
      event.target.blur();
      return;
    }
    if (dialog.open || !on.checked || typing(event.target)) return;
    if (event.key === "j" || event.key === "k") {
      step(event.key === "j" ? 1 : -1);
      return;
    }
    const target = event.key === "?" ? dialog : event.key === "/" ? document.getElementById("find")
      : /^[a-z0-9]$/.test(event.key) ? document.querySelector(`[data-key="${event.key}"]`) : null;
    if (!target) return;
    event.preventDefault();
    if (target === dialog) dialog.showModal();
    else if (target.closest("[inert]")) early = event.key; // its place is about to show something else: wait for that
    else press(target);
  });
  document.addEventListener("baton:ready", () => {
    const target = early && document.querySelector(`[data-key="${early}"]`);
    early = null;
    if (target && !target.closest("[inert]")) press(target);
  });
  document.addEventListener("baton:leaving", () => { early = null; });

  document.addEventListener("click", (event) => {
    event.target.closest(".notice .close")?.closest(".notice").remove();
    if (event.target.closest('a[data-key="?"]')) {
      event.preventDefault();
      dialog.showModal();
    }
    for (const open of document.querySelectorAll("details.pick[open], details.me[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = event.target.closest?.("details.pick[open], details.me[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
})();
