// A wrap plan: the buttons for many lines say how many are ticked.

const form = document.querySelector('.plan-lines');
const legend = form?.querySelector('.many > legend');
if (legend) {
  const words = legend.textContent;
  const count = () => {
    const all = form.elements.all?.checked;
    const ticked = form.querySelectorAll(all ? 'input[name=shown]' : 'input[name=line]:checked').length;
    legend.textContent = ticked ? `${words} (${ticked})` : words;
    for (const link of form.querySelectorAll('[data-count]')) link.textContent = legend.textContent;
  };
  form.addEventListener('change', count);
  count();
}
