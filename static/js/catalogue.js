// The publish page: saves by itself, finds a category by its words and fills what is usual. Its photos: photos.js.
// Without this the same form does it all with its buttons.

const form = document.getElementById('listing');
const saved = document.getElementById('saved');
const texts = form.dataset;
const json = { Accept: 'application/json' };

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// ── saving ──

let waiting = null;
let stale = false;
let running = Promise.resolve(true);
let underWay = 0; // saves that were begun and have no answer yet
let unanswered = null; // what was sent when the network went: it may have arrived
let leaving = false; // a button has sent the form

function showErrors(errors) {
  for (const note of form.querySelectorAll('.err[data-live]')) note.remove();
  for (const field of form.querySelectorAll('[aria-invalid]')) {
    if (!errors[field.id]) field.removeAttribute('aria-invalid');
  }
  for (const [id, sentences] of Object.entries(errors)) {
    const field = document.getElementById(id);
    if (!field || id === 'photo') continue;
    field.setAttribute('aria-invalid', 'true');
    const about = (field.getAttribute('aria-describedby') ?? '').split(' ').filter((one) => one && one !== `${id}-e`);
    field.setAttribute('aria-describedby', [...about, `${id}-e`].join(' '));
    document.getElementById(`${id}-e`)?.remove();
    const box = field.closest('.field');
    box?.append(element('p', { class: 'err', id: `${id}-e`, 'data-live': '' }, sentences.join(' ')));
    field.closest('details')?.setAttribute('open', ''); // what is wrong is seen
  }
}

function written() {
  const body = new FormData(form);
  body.delete('photo');
  body.set('go', 'save');
  return body;
}

// What went out and was not answered goes out again as it was: saved twice it is no change, and what was typed since
// is saved upon the version that its answer names.
async function send() {
  if (unanswered && !(await post(unanswered))) return false;
  return post(written());
}

async function post(body) {
  let answer;
  let said;
  try {
    answer = await fetch(form.action, { method: 'POST', body, headers: json });
    said = (answer.headers.get('Content-Type') ?? '').includes('json') ? await answer.json() : {};
  } catch {
    unanswered = body;
    saved.textContent = texts.textUnsaved;
    addEventListener('online', save, { once: true });
    return false;
  }
  unanswered = null;
  if (answer.status === 409) {
    stale = 'version' in said && said.version !== null;
    saved.textContent = said.message;
    return false;
  }
  if (said.errors) showErrors(said.errors);
  if (!answer.ok) {
    if (!said.errors) saved.textContent = texts.textUnsaved;
    return false;
  }
  form.elements.version.value = said.version;
  if (!form.action.endsWith(said.address)) {
    form.action = said.address;
    texts.photos = `${said.address}/photos`;
    history.replaceState(null, '', said.address);
  }
  saved.textContent = said.said;
  document.getElementById('before').innerHTML = said.before;
  return true;
}

function save() {
  clearTimeout(waiting);
  underWay += 1;
  running = running
    .then(() => (stale || leaving ? false : send()))
    .finally(() => {
      underWay -= 1;
    });
  return running;
}

function soon(delay) {
  if (!texts.draft || stale || leaving) return;
  clearTimeout(waiting);
  waiting = setTimeout(save, delay);
}

form.addEventListener('change', (event) => {
  if (event.target.type !== 'file' && !event.target.dataset.finder) soon(300);
});
form.addEventListener('input', (event) => {
  if (event.target.type !== 'file' && !event.target.dataset.finder) soon(2500);
});

// What a button sends names the version that the page last saved: a save that is under way is waited for, and none
// begins afterwards. Nobody meets a conflict with their own page, and a first save and a button make one draft.
let holding = false; // a button waits for a save
let sending = false; // its time has come

form.addEventListener('submit', async (event) => {
  clearTimeout(waiting);
  if (sending || !(underWay || unanswered)) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // nobody else hears of it until it is sent
  if (holding) return; // pressed twice
  holding = true;
  await (underWay ? running : save());
  holding = false;
  if (unanswered) return; // the network is still away, which the page says: what was typed stays on it
  sending = true;
  press(event.submitter);
  sending = false;
});

function press(button) {
  if (!button || button.form === form) {
    form.requestSubmit(button);
    return;
  }
  const same = Object.assign(document.createElement('input'), { type: 'hidden', name: button.name, value: button.value });
  form.append(same); // the list of photos was drawn anew meanwhile
  form.requestSubmit();
  same.remove();
}

addEventListener('submit', (event) => {
  if (event.target === form && !event.defaultPrevented) leaving = true;
});
addEventListener('pageshow', () => {
  leaving = false; // back from where it led, or never gone
});

// static/js/photos.js asks for a draft to hang its photos on
form.addEventListener('draftneeded', async (event) => event.detail(await save()));

// ── modes: a price is asked where there is one ──

function prices() {
  for (const box of form.querySelectorAll('[data-mode]')) {
    box.hidden = !form.querySelector(`[name="modes"][value="${box.dataset.mode}"]`).checked;
  }
}
form.addEventListener('change', (event) => {
  if (event.target.name === 'modes') prices();
});
prices();

// ── the category: found by its words, and what is usual for it ──

const category = document.getElementById('category');
const fold = (text) => text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/œ/g, 'oe');
const groups = [...category.querySelectorAll('optgroup')].map((group) => ({
  group,
  options: [...group.children].map((option) => ({
    option,
    words: ` ${fold(`${option.text} ${option.dataset.words ?? ''} ${group.label}`)}`,
  })),
}));
const count = element('span', { class: 'small quiet', role: 'status' });
const finder = element('input', {
  class: 'input', type: 'search', id: 'category-words', 'data-finder': 'yes', autocomplete: 'off',
  'aria-label': texts.textFind, placeholder: texts.textFind,
});
category.before(finder, count);

finder.addEventListener('input', () => {
  const asked = fold(finder.value).split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { group, options } of groups) {
    const kept = options.filter(({ option, words }) => option.selected || asked.every((word) => words.includes(` ${word}`) || (word.length > 3 && words.includes(word))));
    group.replaceChildren(...kept.map(({ option }) => option));
    group.hidden = kept.length === 0;
    found += kept.filter(({ option }) => !option.selected).length;
  }
  category.size = asked.length ? Math.min(8, Math.max(3, found + 1)) : 1;
  if (!asked.length) category.removeAttribute('size');
  count.textContent = asked.length ? `${found} ${texts.textFound}` : '';
});
finder.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') event.preventDefault();
  if (event.key === 'ArrowDown') category.focus();
});

const guessed = new Set();

function mayFill(field) {
  return field && (field.value === '' || guessed.has(field.id));
}

category.addEventListener('change', async () => {
  if (finder.value) {
    finder.value = '';
    finder.dispatchEvent(new Event('input'));
  }
  if (!category.value) return;
  let usual;
  try {
    usual = await (await fetch(texts.proposals.replace('KEY', category.value), { headers: json })).json();
  } catch {
    return;
  }
  ask(usual.questions);
  const source = form.querySelector('[name="mass_source"]:checked')?.value ?? 'guessed';
  for (const id of ['unit', 'length_cm', 'width_cm', 'height_cm', 'mass_kg']) {
    const field = document.getElementById(id);
    if (!(id in usual) || !(mayFill(field) || (id === 'mass_kg' && source === 'guessed'))) continue;
    field.value = usual[id];
    guessed.add(id);
    if (id === 'mass_kg' && usual[id]) {
      form.querySelector('[name="mass_source"][value="guessed"]').checked = true;
      mark(field);
    }
  }
  const rows = [...form.querySelectorAll('[name="material"]')];
  const shares = [...form.querySelectorAll('[name="share"]')];
  if (usual.materials && !form.elements.materials_confirmed.checked && usual.materials.length <= rows.length) {
    rows.forEach((row, number) => {
      [row.value, shares[number].value] = usual.materials[number] ?? ['', ''];
    });
  }
  soon(300);
});

// ── the questions of the category: its own, and the common ones it brings to the fore ──

const asked = document.getElementById('package');

function ask(html) {
  const typed = new Map([...asked.querySelectorAll('[name^="trait_"]')].map((field) => [field.id, field.value]));
  for (const slot of asked.querySelectorAll('[data-slot]')) {
    const home = form.querySelector(`[data-home="${slot.dataset.slot}"]`);
    home.append(...slot.childNodes);
    home.hidden = false;
    if (home.dataset.label) home.querySelector('label').firstChild.textContent = home.dataset.label;
  }
  asked.innerHTML = html;
  for (const slot of asked.querySelectorAll('[data-slot]')) {
    const home = form.querySelector(`[data-home="${slot.dataset.slot}"]`);
    slot.append(...home.childNodes);
    home.hidden = true;
    const words = slot.querySelector('label').firstChild;
    home.dataset.label ??= words.textContent;
    words.textContent = slot.dataset.label;
  }
  for (const field of asked.querySelectorAll('[name^="trait_"]')) field.value = typed.get(field.id) ?? '';
}

function mark(field) {
  const box = field.closest('.field');
  if (!box.querySelector('[data-guess]')) box.append(element('p', { class: 'small', 'data-guess': '' }, texts.textGuess));
}

form.addEventListener('input', (event) => {
  guessed.delete(event.target.id);
  if (event.target.id !== 'mass_kg') return;
  event.target.closest('.field').querySelector('[data-guess]')?.remove();
  const source = form.querySelector('[name="mass_source"]:checked');
  if (!source || source.value === 'guessed') form.querySelector('[name="mass_source"][value="estimated"]').checked = true;
});

// ── what is out is not saved while one types: it is kept in this browser ──

form.addEventListener('taken', prices);
if (texts.kept) {
  const { keep } = await import(texts.keptScript); // by the address that carries its content's hash
  keep(form, async (key) => {
    try {
      ask((await (await fetch(texts.proposals.replace('KEY', key), { headers: json })).json()).questions);
    } catch {
      // the network is away: the common fields are taken all the same
    }
  });
}
