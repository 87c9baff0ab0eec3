// A list of things to tick: how many are, and all or none at once. Without this script each is ticked by hand.
const form = document.querySelector("form:has([data-ticked])");
if (form) {
  const boxes = [...form.querySelectorAll('input[name="patients"]')];
  const said = form.querySelector("[data-ticked]");
  const words = said.textContent.replace(/^\s*\d+/, "");
  const tell = () => { said.textContent = boxes.filter((box) => box.checked).length + words; };
  const all = (ticked) => { for (const box of boxes) box.checked = ticked; tell(); };
  for (const [name, ticked] of [["[data-tick-all]", true], ["[data-tick-none]", false]]) {
    const button = form.querySelector(name);
    button.hidden = false;
    button.addEventListener("click", () => all(ticked));
  }
  form.addEventListener("change", tell);
  tell();
}
