// Small comforts on every page; each page works without them.

// A form or a button that asks before it acts: <button data-confirm="Retirer cette annonce ?">.
document.addEventListener('submit', (event) => {
  const asked = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (asked && !window.confirm(asked)) event.preventDefault();
});

// A heart keeps a listing where one stands, without leaving the page. Where that fails the form is sent as it is.
document.addEventListener('submit', async (event) => {
  const heart = event.submitter;
  const form = event.target;
  if (form.id !== 'coeurs' || !heart) return;
  event.preventDefault();
  const body = new FormData(form);
  body.append(heart.name, heart.value);
  const answer = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' } }).catch(() => null);
  if (answer?.status === 204) {
    const kept = heart.name === 'keep';
    heart.name = kept ? 'drop' : 'keep';
    heart.setAttribute('aria-pressed', kept);
    return;
  }
  const asked = Object.assign(document.createElement('input'), { type: 'hidden', name: heart.name, value: heart.value });
  form.append(asked);
  form.submit();
});

// A choice that applies at once: <select data-submit>. Its form keeps a button for those without script.
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-submit]')) event.target.form.requestSubmit();
});
