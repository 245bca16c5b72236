// The stock: one box that ticks every listing of the page. Without this they are ticked one by one.

const list = document.getElementById('liste');

if (list) {
  const boxes = [...list.querySelectorAll('input[name="listing"]')];
  const all = Object.assign(document.createElement('input'), { type: 'checkbox', id: 'all' });
  const label = document.createElement('label');
  const words = document.createElement('span');
  label.className = 'check';
  words.textContent = list.dataset.textAll;
  label.append(all, words);
  list.querySelector('table').before(label);

  function count() {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  all.addEventListener('change', () => {
    for (const box of boxes) box.checked = all.checked;
  });
  list.addEventListener('change', (event) => {
    if (event.target !== all) count();
  });
  count();
}
