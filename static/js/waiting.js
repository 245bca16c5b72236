// A page that waits for the worker asks now and then, and shows itself anew once its file is there. Its link does the same.

const waits = document.querySelector('[data-wait]');
const FIRST_MS = 700;
const LAST_MS = 5000;

function ask(pause) {
  setTimeout(async () => {
    const answer = await fetch(waits.dataset.wait, { headers: { Accept: 'application/json' } }).catch(() => null);
    const said = answer?.ok ? await answer.json() : null;
    if (said?.ready) window.location.reload();
    else ask(Math.min(LAST_MS, pause * 1.5));
  }, pause);
}

if (waits) ask(FIRST_MS);
