// One draft per photo: a line comes back at once, its picture is shown from the device, and the file follows in parts
// (uploads.js), so that a lost network or a reload costs the last part only. Without this the form sends the photos
// itself, a dozen at a time.

const form = document.getElementById('take');
const lines = document.getElementById('lines');
const list = lines.querySelector('form');
const rows = document.getElementById('rows');
const told = document.getElementById('told');
const chooser = document.getElementById('photo');
const texts = form.dataset;
const { Sender } = await import(texts.uploads);
form.querySelector('[data-without-script]').hidden = true;

function fromServer(html) {
  const holder = document.createElement('template');
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild;
}

function address() {
  const ids = [...rows.querySelectorAll('[name="listing"]')].map((one) => one.value);
  return ids.length ? `${texts.page}?annonces=${ids.join('.')}` : texts.page;
}

function remember() {
  lines.hidden = !rows.children.length;
  history.replaceState(null, '', address());
  form.action = address();
}

// ── what is on its way ──

const placeOf = (id) => texts.place.replace('LINE', id);
const rowOf = (job) => [...rows.children].find((row) => placeOf(row.querySelector('[name="listing"]').value) === job.place);
const said = new Set(); // refusals, told as long as nothing else is chosen

function words(job) {
  const size = (job.size / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
  const sending = texts.textPart.replace('{done}', Math.floor((100 * job.offset) / job.size)).replace('{size}', size);
  return {
    waiting: texts.textWaits, sending, away: texts.textOffline, checking: texts.textChecks, done: '',
    missing: `${job.name} : ${texts.textLost}`,
  }[job.state];
}

function tell() {
  const count = sender.jobs.filter((job) => job.state !== 'refused').length;
  const done = sender.jobs.filter((job) => job.state === 'done').length;
  told.textContent = [count ? `${texts.textSent} : ${done}/${count}.` : '', ...said].join(' ').trim();
}

function changed(job) {
  if (job.stopped) return;
  const row = rowOf(job);
  if (!row) return;
  if (job.state === 'refused') {
    said.add(`${job.name} : ${job.said || texts.textFailed}`);
    sender.stop(job);
    forget(row);
  } else {
    let line = row.querySelector('[data-words]');
    if (!line) {
      line = Object.assign(document.createElement('p'), { className: 'small quiet' });
      line.dataset.words = '';
      row.querySelector('.grow').prepend(line);
    }
    line.textContent = words(job);
    line.hidden = !line.textContent;
  }
  if (['refused', 'done'].includes(job.state)) tell();
  if (job.state === 'done') made(row);
  go();
}

const sender = new Sender(form.elements.csrf_token.value, changed);

// The draft made for a file that can be no photo goes with it, unless somebody has begun to describe it.
async function forget(row) {
  if ([...row.querySelectorAll('input:not([type="hidden"])')].some((field) => field.value)) return;
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
  const id = row.querySelector('[name="listing"]').value;
  row.remove();
  remember();
  await fetch(texts.forget.replace('LINE', id), { method: 'POST', body, redirect: 'manual' }).catch(() => {});
}

// ── choosing ──

async function draft() {
  const body = new FormData(form);
  body.delete('photo');
  body.set('line', '1');
  for (let pause = 1000; ; pause = Math.min(2 * pause, 30_000)) {
    try {
      const answer = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' } });
      if (answer.status < 500 && answer.status !== 429) return { ok: answer.status === 201, ...(await answer.json()) };
    } catch {
      told.textContent = texts.textOffline;
    }
    await sender.rest(pause);
  }
}

// Most browsers show no HEIC: the drawing stays until the server has made a picture of it.
function show(picture, file) {
  const drawing = picture.src;
  picture.addEventListener('error', () => {
    picture.src = drawing;
    picture.dataset.unseen = '';
  }, { once: true });
  picture.src = URL.createObjectURL(file);
}

async function made(row, turns = 30) {
  const picture = row.querySelector('[data-unseen]');
  if (!picture || !turns || !row.isConnected) return;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const id = row.querySelector('[name="listing"]').value;
  try {
    const answer = await fetch(texts.photos.replace('LINE', id), { headers: { Accept: 'application/json' } });
    const [first] = answer.ok ? (await answer.json()).photos : [];
    const shown = first?.key ? fromServer(first.html).querySelector('img') : null;
    if (shown) {
      picture.src = shown.src;
      delete picture.dataset.unseen;
    }
  } catch {
    // the network is away: the next turn tries again
  }
  made(row, turns - 1);
}

async function begin(file) {
  const answer = await draft().catch(() => ({}));
  if (!answer.ok) {
    said.add(`${file.name} : ${answer.error ?? texts.textFailed}`);
    return;
  }
  const row = fromServer(answer.html);
  const picture = row.querySelector('[data-waits]');
  if (picture) show(picture, file);
  rows.append(row);
  remember();
  sender.add(placeOf(answer.id), file);
}

chooser.addEventListener('change', async () => {
  const files = [...chooser.files];
  chooser.value = '';
  said.clear();
  const lost = (file) => sender.jobs.some((job) => job.state === 'missing' && job.name === file.name && job.size === file.size);
  const fresh = files.filter((file) => !lost(file));
  for (const file of files.filter(lost)) sender.add('', file);
  const room = Math.max(0, Number(texts.most) - rows.children.length);
  if (fresh.length > room) said.add(texts.textMany);
  const first = rows.children.length;
  for (const file of fresh.slice(0, room)) await begin(file);
  tell();
  rows.children[first]?.querySelector('input:not([type="hidden"])')?.focus();
});

// ── the lines leave once their photos are there ──

let held = null; // the button that was pressed

const underWay = () => sender.jobs.some((job) => ['waiting', 'sending', 'away', 'checking'].includes(job.state));

list.addEventListener('submit', (event) => {
  if (!underWay()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  held = event.submitter;
  told.textContent = texts.textHold;
  told.scrollIntoView({ block: 'nearest' });
});

function go() {
  if (!held || underWay()) return;
  const button = held;
  held = null;
  list.requestSubmit(button);
}

for (const row of rows.children) await sender.resume(placeOf(row.querySelector('[name="listing"]').value));
