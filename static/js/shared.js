// Small comforts on every page; each page works without them.

// A form or a button that asks before it acts: <button data-confirm="Retirer cette annonce ?">.
document.addEventListener('submit', (event) => {
  const asked = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (asked && !window.confirm(asked)) event.preventDefault();
});

// A choice that applies at once: <select data-submit>. Its form keeps a button for those without script.
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-submit]')) event.target.form.requestSubmit();
});
