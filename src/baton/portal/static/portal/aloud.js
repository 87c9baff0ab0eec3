"use strict";
/* Reads a page aloud with the browser's own voice, sentence by sentence, in the language it is written in. Without a voice there is no button. */

const box = document.querySelector("[data-aloud]");
const article = document.querySelector("[data-aloud-text]");

if (box && article && "speechSynthesis" in window) {
  const button = box.querySelector("[data-aloud-start]");
  const start = button.textContent;
  const parts = [...article.querySelectorAll("h2, p, li > b, li > div")];
  let going = false;

  const stop = () => {
    going = false;
    speechSynthesis.cancel();
    button.textContent = start;
    for (const part of parts) part.classList.remove("says-on");
  };

  const next = (place) => {
    for (const part of parts) part.classList.remove("says-on");
    if (!going || place >= parts.length) return stop();
    const said = new SpeechSynthesisUtterance(parts[place].textContent.trim());
    said.lang = article.lang === "es" ? "es-US" : "en-US";
    said.rate = 0.9;
    said.onend = () => next(place + 1);
    said.onerror = stop;
    parts[place].classList.add("says-on");
    parts[place].scrollIntoView({ block: "nearest" });
    speechSynthesis.speak(said);
  };

  box.hidden = false;
  button.addEventListener("click", () => {
    if (going) return stop();
    going = true;
    button.textContent = button.dataset.stop;
    next(0);
  });
  addEventListener("pagehide", stop);
}
