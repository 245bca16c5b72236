// What is typed on an activity sheet is kept in this browser until it is saved: at 23:00 on location, tabs die.

const form = document.querySelector('form[data-kept]');
if (form) {
  const { keep } = await import(form.dataset.keptScript);
  keep(form, async () => {});
  form.addEventListener('taken', () => {
    for (const section of form.querySelectorAll('details')) {
      if ([...section.querySelectorAll('input')].some((input) => input.value)) section.open = true;
    }
  });
}
