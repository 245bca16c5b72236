// The driver's sheet. One stop at a time; what is said without network is kept in this phone and sent until it is heard.

const KEY = 'tournees';
const PAUSE = 15_000;
const texts = document.body.dataset;
const stops = [...document.querySelectorAll('[data-stop]')];
const told = document.querySelector('.queue');

// ── what waits to be sent ──

function waiting() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '[]');
  } catch {
    return kept; // no storage here: this page's own memory
  }
}

let kept = [];
function keep(list) {
  kept = list;
  try {
    localStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // full or closed: the memory has it
  }
}

const token = () => document.querySelector('input[name=csrf_token]')?.value ?? '';

async function send(one) {
  const answer = await fetch(one.url, {
    method: 'POST', signal: AbortSignal.timeout(15_000), headers: { Accept: 'application/json' },
    body: new URLSearchParams({ what: one.what, at: one.at, csrf_token: token() }),
  });
  if (answer.ok && !answer.redirected) return true;
  if ([404, 409, 410, 422].includes(answer.status)) return false;
  throw new Error('later'); // no network behind, signed out meanwhile, an old page: what was said stays
}

let sending = false;
async function drain() {
  if (sending) return;
  sending = true;
  let refused = false;
  try {
    for (let list = waiting(); list.length > 0; list = waiting()) {
      const sent = await send(list[0]);
      refused ||= !sent;
      keep(waiting().slice(1)); // what was said meanwhile stands behind it
    }
    say(refused ? texts.textRefused : '');
  } catch {
    say(`${texts.textLater} (${waiting().length})`);
    setTimeout(drain, PAUSE);
  } finally {
    sending = false;
  }
}

function say(words) {
  told.textContent = words;
  told.hidden = !words;
}

// ── saying it ──

function show(form, what, at) {
  const place = form.closest('[data-stop]');
  const time = new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: 'numeric', minute: '2-digit' });
  place.querySelector('.said-so').textContent = `${what === 'loaded' ? texts.textLoaded : texts.textArrived} ${time}`;
  form.querySelector('[value=arrived]')?.toggleAttribute('hidden', true);
  if (what === 'loaded') {
    place.toggleAttribute('data-done', true);
    form.querySelector('[value=loaded]')?.remove();
  }
}

for (const form of document.querySelectorAll('.marks')) {
  form.addEventListener('submit', (event) => {
    const what = event.submitter?.value;
    if (what !== 'arrived' && what !== 'loaded') return; // going back waits for the network, as any form
    event.preventDefault();
    const at = new Date().toISOString();
    keep([...waiting(), { url: form.action, what, at }]);
    show(form, what, at);
    drain();
  });
}

addEventListener('online', drain);
document.addEventListener('visibilitychange', () => document.hidden || drain());
for (const one of waiting()) { // said before this page was loaded, and not heard yet
  const form = [...document.querySelectorAll('.marks')].find((other) => other.action === one.url);
  if (form) show(form, one.what, one.at);
}
if (waiting().length > 0) drain();

// ── one stop at a time ──

const turns = document.querySelector('.turns');
if (turns) {
  const named = stops.findIndex((stop) => `#${stop.id}` === location.hash);
  const first = stops.findIndex((stop) => !stop.hasAttribute('data-done'));
  let at = Math.max(named >= 0 ? named : first, 0);
  const [before, after] = turns.querySelectorAll('button');
  const turn = () => {
    stops.forEach((stop, number) => stop.classList.toggle('away', number !== at)); // printed all the same
    turns.querySelector('[role=status]').textContent = `${at + 1} / ${stops.length}`;
    before.disabled = at === 0;
    after.disabled = at === stops.length - 1;
  };
  turns.hidden = false;
  turns.addEventListener('click', (event) => {
    const by = Number(event.target.closest('[data-turn]')?.dataset.turn ?? 0);
    if (!by) return;
    at = Math.min(Math.max(at + by, 0), stops.length - 1);
    turn();
    scrollTo({ top: 0 });
  });
  turn();
}
