// Comforts of the exchange pages: every one of them works as a plain form.

// Quantity: one more, one less, never more than is free.
for (const field of document.querySelectorAll('.qty')) {
  const input = field.querySelector('input');
  const free = Number(input.dataset.free.replace(/\s/g, '').replace(',', '.')) || Infinity;
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
      refresh();
    });
  }
  input.addEventListener('input', refresh);
  refresh();
}

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
  form.addEventListener('submit', () => {
    setTimeout(() => {
      for (const button of document.querySelectorAll('button')) {
        if (button.form === form) button.disabled = true;
      }
    });
  });
}
window.addEventListener('pageshow', (event) => {
  if (event.persisted) window.location.reload();
});
