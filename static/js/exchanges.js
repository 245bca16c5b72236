// Comforts of the exchange pages: every one of them works as a plain form.

// Quantity: one more, one less, never more than is free.
for (const field of document.querySelectorAll('.qty')) {
  const input = field.querySelector('input');
  const free = Number(input.dataset.free.replace(/\s/g, '').replace(',', '.')) || Infinity; // all there is, of a rental
  const buttons = [...field.querySelectorAll('[data-step]')];
  const refresh = () => {
    const value = Number(input.value.replace(',', '.')) || 0;
    for (const button of buttons) {
      button.disabled = Number(button.dataset.step) < 0 ? value <= 1 : value + 1 > free;
    }
  };
  for (const button of buttons) {
    button.addEventListener('click', () => {
      const value = Number(input.value.replace(',', '.')) || 0;
      input.value = String(value + Number(button.dataset.step)).replace('.', ',');
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
  }
  input.addEventListener('input', refresh);
  refresh();
}

// What it costs, and what is free: asked of the server while one fills the form in.
const ASKED = ['quantity', 'from', 'to', 'offered'];
for (const form of document.querySelectorAll('form[data-price]')) {
  const shown = form.querySelector('[data-shown]');
  if (!shown) continue;
  form.querySelector('[data-by-hand]').hidden = true;
  let waiting;
  let asked = 0;
  const show = async () => {
    const sent = new FormData(form);
    const query = new URLSearchParams({ part: '1', kind: sent.get('kind') });
    for (const name of ASKED) if (sent.get(name)) query.set(name, sent.get(name));
    if (sent.get('kind') === 'rental' && !(query.get('from') && query.get('to'))) return;
    asked += 1;
    const number = asked;
    const answer = await fetch(`${form.dataset.price}?${query}`).catch(() => null);
    if (!answer?.ok || number !== asked) return; // the last answer stays; the server says it again on sending
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    shown.replaceChildren(...page.body.childNodes);
  };
  form.addEventListener('input', (event) => {
    if (!ASKED.includes(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(show, 300);
  });
  show();
}

// A link to a form that is folded opens it.
const unfold = () => {
  const place = document.getElementById(window.location.hash.slice(1));
  if (place?.tagName === 'DETAILS') place.open = true;
};
window.addEventListener('hashchange', unfold);
if (window.location.hash) unfold();

// The QR code leads here with the six digits behind the #: they never went over the network as an address.
const code = document.querySelector('[data-scan="code"]');
const scanned = /^#(\d{6})$/.exec(window.location.hash);
if (code && scanned) {
  code.value = scanned[1];
  history.replaceState(null, '', window.location.pathname);
  code.form.querySelector('button').focus();
}

// One click, one sending.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener('submit', (event) => {
    setTimeout(() => {
      if (event.defaultPrevented) return; // nothing was sent
      for (const button of document.querySelectorAll('button')) {
        if (button.form === form) button.disabled = true;
      }
    });
  });
}
window.addEventListener('pageshow', (event) => {
  if (event.persisted) window.location.reload();
});
