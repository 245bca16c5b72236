// A password one may look at while typing it: <input type="password" data-reveal="Montrer…" data-reveal-hide="Cacher…">.
for (const input of document.querySelectorAll('input[data-reveal]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn quiet';
  const show = (type) => {
    input.type = type;
    button.textContent = type === 'password' ? input.dataset.reveal : input.dataset.revealHide;
  };
  button.addEventListener('click', () => show(input.type === 'password' ? 'text' : 'password'));
  // sent as a password again: browsers keep no list of what was typed in one
  input.form?.addEventListener('submit', () => show('password'));
  show('password');
  const line = document.createElement('p');
  line.className = 'row';
  line.append(button);
  input.after(line);
}

// What is shown once is taken whole: <input readonly data-select>, a textarea as well.
for (const input of document.querySelectorAll('[data-select]')) {
  input.addEventListener('focus', () => input.select());
}

// Recovery codes are copied or printed: <div data-codes data-copy="Copier" data-copied="Copié" data-print="Imprimer">.
for (const place of document.querySelectorAll('[data-codes]')) {
  const add = (text, act) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn';
    button.textContent = text;
    button.addEventListener('click', () => act(button));
    place.append(button);
  };
  if (navigator.clipboard) {
    add(place.dataset.copy, async (button) => {
      await navigator.clipboard.writeText(document.getElementById('codes').value);
      button.textContent = place.dataset.copied;
    });
  }
  add(place.dataset.print, () => window.print());
}
