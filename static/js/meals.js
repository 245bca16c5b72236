// A dish of the last posts fills the form in one tap, without leaving it; « none » and the fourteen exclude one another;
// what is typed is kept in this browser until it is sent.

const form = document.querySelector('form.meal');

function fill(data) {
  for (const [name, value] of Object.entries(data)) {
    for (const field of form.querySelectorAll(`[name="${name}"]`)) {
      if (field.type === 'checkbox') field.checked = Array.isArray(value) ? value.includes(field.value) : Boolean(value);
      else if (field.type === 'radio') field.checked = field.value === value;
      else field.value = value;
    }
  }
  form.dispatchEvent(new Event('input', { bubbles: true }));
}

for (const dish of document.querySelectorAll('[data-dish]')) {
  dish.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    fill(JSON.parse(dish.dataset.dish));
    for (const other of document.querySelectorAll('[data-dish]')) other.removeAttribute('aria-current');
    dish.setAttribute('aria-current', 'true');
    form.elements.quantity.focus();
  });
}

if (form) {
  const none = form.elements.allergens_none;
  form.addEventListener('change', (event) => {
    if (event.target === none && none.checked) {
      for (const box of form.querySelectorAll('[name="allergens"]')) box.checked = false;
    } else if (event.target.name === 'allergens' && event.target.checked) {
      none.checked = false;
    } else if (event.target.name === 'best_before' && event.target.value) {
      form.elements.use_by.value = '';
    } else if (event.target.name === 'use_by' && event.target.value) {
      form.elements.best_before.value = '';
    }
  });
  const { keep } = await import(form.dataset.keptScript);
  keep(form, async () => {});
}
