// The patient's page works without this file; it only brings today into sight where the score is wider than the screen,
// and lets the arrow keys walk along the marks.
(() => {
  const region = document.getElementById("score");
  if (!region) return;
  const sheet = region.querySelector(".score-sheet");
  const share = Number(region.dataset.today) / Number(region.dataset.width);
  region.scrollLeft = share * sheet.clientWidth - region.clientWidth * 0.6;
  const marks = [...region.querySelectorAll(".mark")];
  region.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const here = marks.indexOf(document.activeElement);
    if (!step || here < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = marks[here + step];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    event.preventDefault();
  });
})();
