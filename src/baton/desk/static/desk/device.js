"use strict";
/* On every page of the desk: what somebody took along lies here for them alone. Whoever else is signed in wipes it; so does signing out. */

(() => {
  const NAME = "baton-home-visits";
  const { person, unsent } = document.currentScript.dataset;
  const kept = () => JSON.parse(localStorage.getItem(NAME) || "null");
  const wipe = () => { localStorage.removeItem(NAME); indexedDB.deleteDatabase(NAME); };
  const found = kept();
  if (found && found.person !== person) wipe();
  for (const form of document.querySelectorAll('form[action="/sign-out"]')) {
    form.addEventListener("submit", (event) => {
      const now = kept();
      if (now && now.unsent && !window.confirm(unsent.replace("{n}", now.unsent))) { event.preventDefault(); return; }
      if (now) wipe();
    });
  }
})();
