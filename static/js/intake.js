// The scale: the net mass as it is typed, and what was typed kept in this phone until it is sent.

const form = document.querySelector('form[data-scale]');

function kilos(text) {
  const plain = text.replace(/[\s\u00a0\u202f]/g, '').replace(',', '.');
  return /^\d{1,12}(\.\d{1,9})?$/.test(plain) ? Number(plain) : null;
}

function showNet() {
  const line = form.querySelector('[data-net]');
  const gross = kilos(form.querySelector('[data-gross]').value);
  const tare = kilos(form.querySelector('[data-tare]').value) ?? 0;
  if (gross === null) line.textContent = '';
  else if (tare >= gross) line.textContent = line.dataset.netWrong;
  else {
    const lang = document.documentElement.lang || 'fr';
    const net = new Intl.NumberFormat(lang, { maximumFractionDigits: 3 }).format(gross - tare).replace(/\u202f/g, '\u00a0');
    line.textContent = `${line.dataset.net} ${net}\u00a0kg`;
  }
}

if (form) {
  form.addEventListener('input', showNet);
  showNet();
  if (form.dataset.kept) {
    const { keep } = await import(form.dataset.keptScript);
    keep(form, async () => {});
    form.addEventListener('taken', showNet);
  }
}
