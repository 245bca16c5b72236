// What is typed into a listing that is already out is not saved by itself: readers would see it half done. It is kept
// in this browser alone, so that a tab that dies loses nothing, and offered again.

const DAYS = 7;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function fieldsOf(form) {
  const leave = new Set(['csrf_token', 'version', 'photo', 'go', 'whole']);
  return [...new FormData(form)].filter(([name, value]) => !leave.has(name) && typeof value === 'string');
}

function readKept(key) {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? 'null');
    return found && Date.now() - found.at < DAYS * 864e5 ? found : null;
  } catch {
    return null; // no storage here, or not ours to read
  }
}

function write(key, value) {
  try {
    if (value) localStorage.setItem(key, JSON.stringify(value));
    else localStorage.removeItem(key);
  } catch {
    // a full or closed storage: the form works without
  }
}

function put(form, fields) {
  const left = new Map();
  for (const [name, value] of fields) left.set(name, [...(left.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (!field.name || field.type === 'hidden' || field.type === 'file' || field.tagName === 'BUTTON') continue;
    if (field.type === 'checkbox' || field.type === 'radio') field.checked = (left.get(field.name) ?? []).includes(field.value);
    else if (left.has(field.name)) field.value = left.get(field.name).shift() ?? '';
  }
}

/** Keep what is typed into `form` and offer what was kept before. `ask(key)` shows the questions of a category. */
export function keep(form, ask) {
  const { kept: key, textKept, textChanged, textTake, textForget } = form.dataset;
  const version = form.elements.version.value;
  const before = readKept(key);
  const now = JSON.stringify(fieldsOf(form));
  if (before && (before.sent ? before.version !== version : JSON.stringify(before.fields) === now)) write(key, null);
  else if (before && !document.querySelector('.errors')) {
    const said = `${textKept}${before.version === version ? '' : ` ${textChanged}`}`;
    const take = element('button', { type: 'button', class: 'btn' }, textTake);
    const forget = element('button', { type: 'button', class: 'btn quiet' }, textForget);
    const note = element('div', { class: 'note', role: 'status', id: 'kept' }, element('p', {}, said), element('p', { class: 'row' }, take, ' ', forget));
    form.before(note);
    take.addEventListener('click', async () => {
      const category = before.fields.find(([name]) => name === 'category')?.[1];
      if (category && category !== form.elements.category.value) await ask(category);
      put(form, before.fields);
      form.dispatchEvent(new CustomEvent('taken'));
      note.remove();
      form.querySelector('input:not([type="hidden"])')?.focus();
    });
    forget.addEventListener('click', () => {
      write(key, null);
      note.remove();
    });
  }
  let waiting = null;
  const store = (sent) => write(key, { at: Date.now(), version, sent, fields: fieldsOf(form) });
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(store, 400, false);
  });
  form.addEventListener('submit', () => {
    clearTimeout(waiting);
    store(true);
  });
}
