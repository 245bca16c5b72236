// Suggestions while one types: <input data-suggest="address?field=…">. A combobox with a list and manual selection (WAI-ARIA
// APG): nothing is chosen until an arrow or a finger chooses it, so Enter always sends what was typed.
const WAIT = 130; // ms after the last key
const LEAST = 2; // letters

class Suggestions {
  constructor(input) {
    this.input = input;
    this.known = new Map();
    this.active = -1;
    this.list = Object.assign(document.createElement('ul'), { className: 'suggestions', id: `${input.id}-suggestions`, hidden: true });
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', input.labels[0].textContent.trim());
    this.said = Object.assign(document.createElement('p'), { className: 'sr' });
    this.said.setAttribute('role', 'status');
    input.after(this.list, this.said);
    for (const [name, value] of Object.entries({
      role: 'combobox', autocomplete: 'off', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': this.list.id,
    })) input.setAttribute(name, value);
    input.addEventListener('input', (event) => event.isComposing || this.later());
    input.addEventListener('keydown', (event) => this.key(event));
    input.addEventListener('blur', () => this.close());
    input.form?.addEventListener('submit', () => this.close());
    // the field keeps the focus while a mouse or a finger chooses
    this.list.addEventListener('pointerdown', (event) => event.preventDefault());
    this.list.addEventListener('click', (event) => {
      const option = event.target.closest('[role=option]');
      if (option) this.choose([...this.list.children].indexOf(option));
    });
  }

  get options() {
    return [...this.list.children];
  }

  later() {
    this.mark(-1); // who types on has left what was chosen before
    clearTimeout(this.timer);
    this.asking?.abort();
    if (this.input.value.trim().length < LEAST) this.close();
    else this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    const typed = this.input.value.trim();
    try {
      this.show(this.known.get(typed) ?? (await this.fetched(typed)));
    } catch {
      this.close(); // no suggestion is no error: the field works without
    }
  }

  async fetched(typed) {
    this.asking = new AbortController();
    const url = new URL(this.input.dataset.suggest, location.origin);
    url.searchParams.set('q', typed);
    const answer = await fetch(url, { signal: this.asking.signal });
    if (!answer.ok) throw new Error(answer.status);
    const found = await answer.json();
    this.known.set(typed, found);
    return found;
  }

  show(found) {
    if (document.activeElement !== this.input) return;
    this.items = found.items;
    this.active = -1;
    this.list.replaceChildren(...found.items.map((item, number) => this.option(item, number)));
    this.list.hidden = !found.items.length;
    this.input.setAttribute('aria-expanded', String(!this.list.hidden));
    this.input.removeAttribute('aria-activedescendant');
    this.said.textContent = found.words;
  }

  option(item, number) {
    const option = Object.assign(document.createElement('li'), { id: `${this.list.id}-${number}` });
    option.setAttribute('role', 'option');
    option.setAttribute('aria-selected', 'false');
    option.append(
      Object.assign(document.createElement('span'), { textContent: item.text }),
      ' ',
      Object.assign(document.createElement('small'), { textContent: item.kind }),
    );
    return option;
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const { options } = this;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (this.list.hidden) this.ask();
      else if (!event.altKey) this.move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter' && !this.list.hidden && this.active >= 0) {
      event.preventDefault();
      this.choose(this.active);
    } else if (event.key === 'Escape' && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if (options[this.active] && ['Home', 'End', 'ArrowLeft', 'ArrowRight'].includes(event.key)) {
      this.mark(-1); // back in the text, where the key moves the caret
    }
  }

  move(step) {
    const count = this.options.length;
    const places = count + 1; // one of them is the text itself
    this.mark(((this.active + 1 + step + places) % places) - 1);
  }

  mark(number) {
    this.options[this.active]?.setAttribute('aria-selected', 'false');
    this.active = number;
    const option = this.options[number];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) this.input.setAttribute('aria-activedescendant', option.id);
    else this.input.removeAttribute('aria-activedescendant');
  }

  choose(number) {
    const item = this.items[number];
    this.close();
    if (item.url) {
      location.assign(this.with(item.url));
      return;
    }
    this.input.value = item.value;
    this.input.dispatchEvent(new Event('change', { bubbles: true }));
    if ('suggestSend' in this.input.dataset) this.input.form.requestSubmit();
  }

  // A category or a place takes the typed words' stead; what else was asked stays asked.
  with(address) {
    const url = new URL(address, location.origin);
    const { form } = this.input;
    const usual = (name) => form.elements.namedItem(name)?.dataset?.usual;
    const asked = [...new FormData(form)].filter(([name, value]) => value && name !== this.input.name && value !== usual(name) && !url.searchParams.has(name));
    for (const [name, value] of asked) url.searchParams.append(name, value);
    return url;
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.mark(-1);
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.said.textContent = '';
  }
}

for (const input of document.querySelectorAll('input[data-suggest]')) new Suggestions(input);
