// The photos of the publish page: each file chosen has a row with its progress, which becomes the photo's own row.
// Without this the form sends the files itself.

const form = document.getElementById('listing');
const shots = document.getElementById('shots');
const told = document.getElementById('told');
const chooser = document.getElementById('photo');
const texts = shots.dataset;
const { Sender } = await import(texts.uploads);

let left = Number(texts.left);
let polls = 0;
let polling = null;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function fromServer(html) {
  const holder = document.createElement('template');
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild;
}

// ── what the server has made of them ──

function place(photo) {
  const shown = document.getElementById(`photo-${photo.id}`);
  if (!shown) {
    shots.insertBefore(fromServer(photo.html), shots.querySelector('[data-upload]'));
  } else if (shown.dataset.state !== photo.state || shown.dataset.key !== photo.key) {
    const typed = shown.querySelector('input')?.value;
    const row = fromServer(photo.html);
    if (typed !== undefined && row.querySelector('input')) row.querySelector('input').value = typed;
    const held = shown.contains(document.activeElement) ? document.activeElement : null;
    shown.replaceWith(row);
    if (held) (held.id ? row.querySelector(`#${held.id}`) : row.querySelector(`[value="${held.value}"]`))?.focus();
  }
}

async function refresh() {
  const answer = await fetch(form.dataset.photos, { headers: { Accept: 'application/json' } });
  if (!answer.ok) return;
  const said = await answer.json();
  said.photos.forEach(place);
  for (const job of sender.jobs.filter((one) => one.state === 'done')) {
    if (!said.photos.some((photo) => photo.id === job.photo)) continue;
    rowOf(job)?.remove();
    sender.stop(job);
  }
  if (said.alike !== null) document.getElementById('alike-photos').innerHTML = said.alike;
  document.getElementById('seen-colours').replaceWith(fromServer(said.colours));
}

function poll(delay = 1200) {
  const waits = shots.querySelector('[data-state="received"], [data-waits]') || sender.jobs.some((job) => job.state === 'done');
  if (polling || !waits || polls > 90) return;
  polls += 1;
  polling = setTimeout(async () => {
    try {
      await refresh();
    } catch {
      // the network is away: the next turn tries again
    }
    polling = null;
    poll();
  }, delay);
}

// ── those on their way ──

const rowOf = (job) => shots.querySelector(`[data-upload="${job.id}"]`);

function words(job) {
  const size = (job.size / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
  const sending = texts.textPart.replace('{done}', Math.floor((100 * job.offset) / job.size)).replace('{size}', size);
  return {
    waiting: texts.textWaits, sending, away: texts.textOffline, checking: texts.textChecks, done: texts.textSent,
    refused: job.said || texts.textFailed, missing: texts.textLost,
  }[job.state];
}

function newRow(job) {
  const id = `up-${job.id}`;
  const stop = element('button', { class: 'btn quiet', type: 'button' }, texts.textDrop, element('span', { class: 'sr' }, ` ${job.name}`));
  stop.addEventListener('click', () => {
    const beside = rowOf(job).nextElementSibling?.querySelector('button') ?? chooser;
    if (job.state !== 'refused') left += 1;
    sender.stop(job);
    rowOf(job).remove();
    beside.focus();
  });
  const row = element('li', { 'data-upload': job.id },
    element('div', { class: 'grow progress-line' },
      element('label', { for: id }, job.name),
      element('progress', { id, max: '100', value: '0' }),
      element('span', { class: 'small', 'data-words': '' })),
    stop);
  shots.append(row);
  return row;
}

function changed(job) {
  if (job.stopped) return;
  const row = rowOf(job) ?? newRow(job);
  row.dataset.now = job.state;
  row.querySelector('[data-words]').textContent = words(job);
  row.querySelector('[data-words]').classList.toggle('lost', ['refused', 'missing'].includes(job.state));
  const bar = row.querySelector('progress');
  bar.value = (100 * job.offset) / job.size;
  bar.hidden = job.state === 'refused';
  if (job.state === 'refused') {
    left += 1;
    told.textContent = `${job.name} : ${words(job)}`;
  }
  if (job.state === 'done') {
    row.querySelector('button')?.remove();
    told.textContent = `${job.name} : ${words(job)}`;
    polls = 0;
    poll(50);
  }
}

const sender = new Sender(form.elements.csrf_token.value, changed);
const takes = () => form.dataset.photos.replace(/photos$/, 'envois');

// A new listing's photos wait for its draft, however long the network is away.
async function draftMade() {
  for (let pause = 1000; !form.dataset.photos; pause = Math.min(2 * pause, 30_000)) {
    const made = await new Promise((resolve) => {
      form.dispatchEvent(new CustomEvent('draftneeded', { detail: resolve }));
    });
    if (made) return;
    await sender.rest(pause);
  }
}

chooser?.addEventListener('change', async () => {
  const files = [...chooser.files];
  chooser.value = '';
  const again = files.filter((file) => sender.jobs.some((job) => job.state === 'missing' && job.name === file.name && job.size === file.size));
  const fresh = files.filter((file) => !again.includes(file));
  told.textContent = fresh.length > left ? texts.textTooMany : '';
  const taken = fresh.slice(0, Math.max(0, left));
  left -= taken.length;
  const waiting = form.dataset.photos ? [] : taken.map((file) => {
    const row = element('li', {}, element('span', { class: 'grow' }, file.name), element('span', { class: 'small' }, texts.textWaits));
    shots.append(row);
    return row;
  });
  await draftMade();
  for (const row of waiting) row.remove();
  for (const file of [...again, ...taken]) sender.add(takes(), file);
});

if (form.dataset.photos) {
  await sender.resume(takes());
  left -= sender.jobs.length;
}
poll();
