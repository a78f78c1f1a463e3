// Fetches the conversation every two seconds: adds new bubbles (so that only they are announced), renews changed ones.
(() => {
  const talk = document.getElementById("talk");
  const list = document.getElementById("bubbles");
  const toEnd = () => { talk.scrollTop = talk.scrollHeight; };
  const refresh = async () => {
    if (document.hidden) return;
    const answer = await fetch(talk.dataset.from, { cache: "no-store" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("li.bubble");
    const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
    let added = false;
    for (const bubble of fresh) {
      const old = document.getElementById(bubble.id);
      if (!old) { list.append(bubble); added = true; }
      else if (old.innerHTML !== bubble.innerHTML && !old.contains(document.activeElement)) old.innerHTML = bubble.innerHTML;
    }
    if (added) {
      document.getElementById("nothing")?.remove();
      if (atEnd) toEnd();
    }
  };
  toEnd();
  setInterval(() => refresh().catch(() => {}), 2000);
})();
