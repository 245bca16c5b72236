// Shorter addresses: what was left empty, or as usual, is not sent. The form works the same without this.
const form = document.getElementById('ask');

form?.addEventListener('submit', () => {
  const idle = [...form.elements].filter((field) => field.name && !field.disabled && field.value === (field.dataset.usual ?? ''));
  for (const field of idle) field.disabled = true;
  // the page may come back from the browser's memory, and its fields must answer again
  setTimeout(() => {
    for (const field of idle) field.disabled = false;
  });
});
