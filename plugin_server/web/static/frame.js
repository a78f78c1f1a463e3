// In a store's wp-admin: the page around us gives a new token, good for a minute, whenever we are to look again.
"use strict";
(() => {
  const { store, wait } = document.querySelector("script[data-store]").dataset;
  if (window.parent === window || !store) return;
  let asked = false;
  const ask = () => {
    asked = true;
    window.parent.postMessage({ type: "comeback:token?" }, store);
  };
  window.addEventListener("message", (event) => {
    if (!asked || event.source !== window.parent || event.origin !== store) return;
    const said = event.data;
    if (!said || said.type !== "comeback:token" || typeof said.token !== "string") return;
    asked = false;
    window.location.replace(`${window.location.pathname}?${new URLSearchParams({ token: said.token })}`);
  });
  for (const button of document.querySelectorAll("[data-again]")) {
    button.hidden = false;
    button.addEventListener("click", ask);
  }
  if (Number(wait) > 0) setTimeout(ask, Number(wait) * 1000);
})();
