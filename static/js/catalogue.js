// The publish page: saves by itself, sends photos one by one, finds a category by its words and fills what is usual.
// Without this the same form does it all with its buttons.

const form = document.getElementById('listing');
const saved = document.getElementById('saved');
const shots = document.getElementById('shots');
const told = document.getElementById('told');
const texts = form.dataset;
const json = { Accept: 'application/json' };

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

// ── saving ──

let waiting = null;
let stale = false;
let running = Promise.resolve(true);

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
  }
}

async function send() {
  const body = new FormData(form);
  body.delete('photo');
  body.set('go', 'save');
  let answer;
  try {
    answer = await fetch(form.action, { method: 'POST', body, headers: json });
  } catch {
    saved.textContent = texts.textUnsaved;
    return false;
  }
  const type = answer.headers.get('Content-Type') ?? '';
  const said = type.includes('json') ? await answer.json() : {};
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
  return true;
}

function save() {
  clearTimeout(waiting);
  running = running.then(() => (stale ? false : send()));
  return running;
}

function soon(delay) {
  if (!texts.draft || stale) return;
  clearTimeout(waiting);
  waiting = setTimeout(save, delay);
}

form.addEventListener('change', (event) => {
  if (event.target.type !== 'file' && !event.target.dataset.finder) soon(300);
});
form.addEventListener('input', (event) => {
  if (event.target.type !== 'file' && !event.target.dataset.finder) soon(2500);
});
form.addEventListener('submit', () => clearTimeout(waiting));

// ── photos ──

let left = Number(texts.left);
let polls = 0;

function poll() {
  if (!shots.querySelector('[data-state="received"]') || polls > 90) return;
  polls += 1;
  setTimeout(async () => {
    try {
      const answer = await fetch(texts.photos, { headers: json });
      if (answer.ok) {
        for (const photo of (await answer.json()).photos) {
          const shown = document.getElementById(`photo-${photo.id}`);
          if (shown && shown.dataset.state !== photo.state) shown.replaceWith(fromServer(photo.html));
        }
      }
    } catch {
      // the network is away: the next turn tries again
    }
    poll();
  }, 1200);
}

function upload(file, row, bar) {
  return new Promise((resolve) => {
    const body = new FormData();
    body.set('csrf_token', form.elements.csrf_token.value);
    body.set('photo', file, file.name);
    const request = new XMLHttpRequest();
    request.open('POST', texts.photos);
    request.setRequestHeader('Accept', 'application/json');
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    });
    request.addEventListener('loadend', () => {
      let said = {};
      try {
        said = JSON.parse(request.responseText);
      } catch {
        // not ours to read: the sentence below stands
      }
      if (request.status === 201) {
        row.replaceWith(fromServer(said.html));
      } else {
        left += 1;
        bar.replaceWith(element('span', { class: 'state lost' }, said.error ?? texts.textFailed));
      }
      resolve();
    });
    request.send(body);
  });
}

document.getElementById('photo')?.addEventListener('change', async (event) => {
  const files = [...event.target.files];
  event.target.value = '';
  told.textContent = files.length > left ? texts.textTooMany : '';
  const taken = files.slice(0, Math.max(0, left));
  left -= taken.length;
  if (!texts.photos && !(await save())) {
    left += taken.length;
    return;
  }
  const rows = taken.map((file, number) => {
    const id = `up-${Date.now()}-${number}`;
    const bar = element('progress', { id, max: '100', value: '0' });
    const row = element('li', {}, element('label', { class: 'grow', for: id }, file.name), bar);
    shots.append(row);
    return [file, row, bar];
  });
  for (const one of rows) {
    await upload(...one);
    polls = 0;
    if (shots.querySelectorAll('[data-state="received"]').length === 1) poll();
  }
});
poll();

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
