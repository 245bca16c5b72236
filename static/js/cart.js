// How long a cart is still held, in words. The page says the hour by itself: this only counts.

const held = [...document.querySelectorAll('[data-seconds]')];
const opened = performance.now();

const refresh = () => {
  const gone = (performance.now() - opened) / 1000;
  for (const line of held) {
    const left = Number(line.dataset.seconds) - gone;
    const minutes = Math.ceil(left / 60);
    const { one, many, over } = line.dataset;
    const text = left <= 0 ? over : minutes === 1 ? one : many.replace('{n}', minutes);
    const words = line.querySelector('[data-words]');
    if (words.textContent !== text) words.textContent = text;
  }
};
if (held.length) {
  refresh();
  setInterval(refresh, 5000);
}
