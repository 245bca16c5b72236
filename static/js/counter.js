// The screen of a return: a scan marks a piece as back at once. Without this a scan sends the form, which comes back marked.

const form = document.getElementById('retour');
const texts = form?.dataset ?? {};
const told = form?.querySelector('[data-told]');
const pieces = [...(form?.querySelectorAll('[data-piece]') ?? [])];

const isBack = (piece) => piece.querySelector('input[type="radio"]:checked')?.value !== '';

function count() {
  const done = pieces.filter(isBack).length;
  return texts.textCount.replace('{done}', done).replace('{all}', pieces.length);
}

// An inventory code as it is written, or what a label's QR code holds.
function pieceOf(code) {
  const id = /\/q\/([a-z2-7]{13})(?:[?#/].*)?$/.exec(code)?.[1];
  return pieces.find((piece) => piece.dataset.piece === (id ?? code.toLowerCase()) || piece.dataset.code === code.toLowerCase());
}

form?.addEventListener('scan', (event) => {
  event.preventDefault();
  const { code } = event.detail;
  const piece = pieceOf(code);
  const error = event.target.querySelector('[data-scan-error]');
  const field = event.target.querySelector('.input');
  error.hidden = Boolean(piece);
  field.toggleAttribute('aria-invalid', !piece);
  if (!piece) {
    error.querySelector('span').textContent = texts.textUnknown.replace('{code}', code);
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', error.id);
    told.textContent = error.textContent.trim();
    return;
  }
  if (!isBack(piece)) piece.querySelector('input[value="fine"]').checked = true;
  for (const other of pieces) other.classList.toggle('just', other === piece);
  piece.scrollIntoView({ block: 'nearest' });
  told.textContent = `${texts.textBack.replace('{code}', piece.querySelector('legend').firstChild.textContent.trim())} ${count()}`;
});

form?.addEventListener('change', (event) => {
  if (event.target.type !== 'radio') return;
  told.textContent = count();
  if (['damaged', 'lost'].includes(event.target.value)) event.target.closest('[data-piece]').querySelector('details').open = true;
});

// What is counted: all of it in one tap.
for (const button of document.querySelectorAll('[data-all]')) {
  button.hidden = false;
  button.addEventListener('click', () => {
    const field = document.getElementById(button.dataset.all);
    field.value = field.dataset.most;
    field.focus();
  });
}
