/* A list of work without a panel of its own: j and k move through the rows and open the one they come to. */
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll(".work .do")];
  document.addEventListener("keydown", (event) => {
    const way = { j: 1, k: -1 }[event.key];
    if (!way || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select, dialog[open]")) return;
    const all = rows();
    const here = all.findIndex((row) => row.closest(".work").classList.contains("at"));
    const next = all[Math.max(0, Math.min(all.length - 1, here + way))];
    if (!next || next === all[here]) return;
    event.preventDefault();
    next.click();
  });
  document.querySelector(".work.at")?.scrollIntoView({ block: "nearest" });
})();
