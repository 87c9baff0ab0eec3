// Find under its box: the list follows the typing, arrow keys walk through it, Enter opens what is marked, Escape closes it.
// Without this file the box is a form that leads to the page of Find.
(() => {
  "use strict";
  const form = document.querySelector("form.find");
  const box = document.getElementById("find");
  const list = document.getElementById("find-list");
  if (!form || !box || !list) return;
  const hits = () => [...list.querySelectorAll("a.hit, button.hit")];

  const open = (on) => {
    list.hidden = !on;
    form.classList.toggle("open", on);
  };
  box.addEventListener("focus", () => { if (list.childElementCount) open(true); });
  list.addEventListener("htmx:afterSwap", () => open(document.activeElement === box || list.contains(document.activeElement)));
  form.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) {
      open(false);
      box.focus();
      event.stopPropagation();
      return;
    }
    if (event.key === "Enter" && event.target === box && !list.hidden && list.dataset.for === box.value && hits().length) {
      event.preventDefault();
      hits()[0].click();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || list.hidden) return;
    const all = [box, ...hits()];
    const next = all[all.indexOf(document.activeElement) + step];
    if (next) next.focus();
    event.preventDefault();
  });
  list.addEventListener("htmx:beforeSwap", (event) => { list.dataset.for = event.detail.requestConfig?.parameters?.get?.("q") ?? event.detail.requestConfig?.parameters?.q ?? ""; });
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) open(false); });
  form.addEventListener("focusout", (event) => { if (event.relatedTarget && !form.contains(event.relatedTarget)) open(false); });
})();
