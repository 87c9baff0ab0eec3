/* A safety case under way: leaving the page is asked about, and the time left for call-backs runs. The page does all its work without this. */
(() => {
  "use strict";
  const main = document.querySelector("[data-locked]");
  if (!main) return;
  let working = false; // a form of the page itself, or a number being dialled, is no leaving
  document.addEventListener("submit", () => { working = true; });
  document.addEventListener("click", (event) => { if (event.target.closest('a[href^="tel:"], a[target]')) { working = true; setTimeout(() => { working = false; }, 500); } });
  addEventListener("beforeunload", (event) => { if (!working) event.preventDefault(); });
  const left = main.querySelector("[data-until]");
  if (!left) return;
  const ahead = Number(left.dataset.now) - Date.now() / 1000;
  const show = () => {
    const seconds = Math.max(0, Math.round(Number(left.dataset.until) - (Date.now() / 1000 + ahead)));
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    left.hidden = false;
  };
  show();
  setInterval(show, 1000);
})();
