// The search works without this: shorter addresses, counts that come when one can see them, one's own position.
const form = document.getElementById('ask');
const sheet = document.getElementById('filtres');
const groups = document.getElementById('groupes');

// What was left empty, or as usual, is not sent; of two fields with one name the pressed button's counts, then the first one filled.
form?.addEventListener('submit', (event) => {
  const seen = new Set(event.submitter?.name ? [event.submitter.name] : []);
  const idle = [...form.elements].filter((field) => {
    if (!field.name || field.disabled || field === event.submitter || field.type === 'submit') return false;
    if (seen.has(field.name) && !['checkbox', 'radio'].includes(field.type)) return true;
    if (field.value === (field.dataset.usual ?? '')) return true;
    if (field.type !== 'checkbox' && field.type !== 'radio') seen.add(field.name);
    return false;
  });
  for (const field of idle) field.disabled = true;
  // the page may come back from the browser's memory, and its fields must answer again
  setTimeout(() => {
    for (const field of idle) field.disabled = false;
  });
});

// Back from the browser's memory, the fields say again what this page answers, not what was chosen before leaving it.
addEventListener('pageshow', (event) => {
  if (!event.persisted || !form) return;
  form.reset();
  if (counted) recount();
});

// --- counts ---

let asking;
let counted = false;

async function recount() {
  asking?.abort();
  asking = new AbortController();
  const url = new URL(groups.dataset.counted, location.origin);
  for (const [name, value] of new FormData(form)) if (value) url.searchParams.append(name, value);
  url.searchParams.set('piece', '1');
  try {
    const answer = await fetch(url, { signal: asking.signal });
    if (!answer.ok) return;
    show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch {
    // without counts the filters choose as well
  }
}

function show(piece) {
  const focused = document.activeElement?.id;
  for (const fresh of piece.querySelectorAll('[data-group]')) {
    const old = groups.querySelector(`[data-group="${fresh.dataset.group}"]`);
    if (values(old) === values(fresh)) {
      const figures = [...fresh.querySelectorAll('.num')];
      old.querySelectorAll('.num').forEach((figure, place) => {
        figure.textContent = figures[place].textContent;
      });
    } else {
      fresh.open = old.open;
      old.replaceWith(fresh);
    }
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  document.getElementById('filtres-nombre').textContent = piece.querySelector('[data-total]').textContent;
}

function values(group) {
  return [...group.querySelectorAll('[id^="f-"]')].map((field) => field.id).join();
}

if (groups) {
  const wide = matchMedia('(min-width: 60rem)');
  const once = () => {
    if (counted) return;
    counted = true;
    recount();
  };
  if (wide.matches) once();
  wide.addEventListener('change', () => wide.matches && once());
  sheet.addEventListener('toggle', (event) => event.newState === 'open' && once());
  let later;
  groups.addEventListener('change', () => {
    clearTimeout(later);
    later = setTimeout(recount, 250);
  });
}

// --- around here ---

const here = document.getElementById('here');
if (here && 'geolocation' in navigator) {
  const said = document.getElementById('here-said');
  here.hidden = false;
  here.addEventListener('click', () => {
    said.textContent = here.dataset.waiting;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const near = form.elements.namedItem('near');
      const field = near instanceof RadioNodeList ? near[0] : near;
      field.value = `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`;
      form.requestSubmit();
    }, () => {
      said.textContent = here.dataset.refused;
    }, { maximumAge: 600_000, timeout: 20_000 });
  });
}

// --- list or map, at the same height ---

const HEIGHT = 'search-height';
document.querySelector('[data-keeps-scroll]')?.addEventListener('click', (event) => {
  if (event.target.closest('a')) sessionStorage.setItem(HEIGHT, String(scrollY));
});
const height = sessionStorage.getItem(HEIGHT);
if (height !== null) {
  sessionStorage.removeItem(HEIGHT);
  scrollTo({ top: Number(height), behavior: 'instant' });
}
