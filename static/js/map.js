// The results on a map: points counted by the server for what is in sight, on our own ground. Words come from the server too.
// Where one looks is kept in the address (#zoom/lat/lon), what is open in the history entry: the back button finds both again.

const { L } = window;
const place = document.getElementById('carte');
const sheet = place.querySelector('.sheet-of-map');
const said = place.querySelector('[role=status]');
const here = place.querySelector('.here');
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
const TOUCH = 44; // px, as --touch
const NAMED = 8; // from this zoom on points carry the name of their town

const map = L.map(sheet, {
  minZoom: 4, maxZoom: 11, zoomSnap: 0.5, zoomControl: false, zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still,
  maxBoundsViscosity: 0.8, attributionControl: false,
});
L.control.zoom({ zoomInTitle: sheet.dataset.closer, zoomOutTitle: sheet.dataset.wider }).addTo(map);
L.control.attribution({ prefix: false }).addAttribution(sheet.dataset.credits).addTo(map);

const points = L.layerGroup().addTo(map);
let asking; // the request under way, dropped when the map moves on
let opened = null; // the box whose listings are shown
const elsewhere = place.querySelector('.elsewhere');
let far = {}; // what the last answer said of the overseas regions
const { insets } = await import(sheet.dataset.insets); // by the address that carries its content's hash
let show = insets(elsewhere, []); // counts at first, points as well once there are outlines

// How far the map may be moved: around the mainland, or around the overseas region that is looked at.
function reach() {
  const mainland = L.latLngBounds([[34, -18], [58, 24]]);
  const first = L.latLngBounds(boundsOf(sheet.dataset.box.split(',').map(Number)));
  return mainland.contains(first.getCenter()) ? mainland : first.pad(2);
}

function look() {
  map.setMaxBounds(reach());
  const [, zoom, lat, lon] = /^#(\d{1,2}(?:\.5)?)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(location.hash) ?? [];
  if (zoom && Math.abs(lat) <= 90 && Math.abs(lon) <= 180) map.setView([lat, lon], zoom);
  else map.fitBounds(boundsOf(sheet.dataset.box.split(',').map(Number)));
}

function boundsOf([south, west, north, east]) {
  return [[south, west], [north, east]];
}

function remember() {
  const { lat, lng } = map.getCenter();
  const state = { ...history.state, box: opened };
  history.replaceState(state, '', `#${map.getZoom()}/${lat.toFixed(3)}/${lng.toFixed(3)}`);
}

function address(base, values) {
  const url = new URL(base, location.origin);
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  return url;
}

async function count() {
  asking?.abort();
  asking = new AbortController();
  const seen = map.getBounds();
  const box = [seen.getSouth(), seen.getWest(), seen.getNorth(), seen.getEast()].map((degrees) => degrees.toFixed(4));
  try {
    const answer = await fetch(address(sheet.dataset.cells, { overseas: 1, bbox: box.join(','), zoom: Math.round(map.getZoom()) }), { signal: asking.signal });
    if (!answer.ok) throw new Error(answer.status);
    const { cells, words, overseas } = await answer.json();
    draw(cells);
    said.textContent = words;
    far = overseas;
    show(far);
  } catch (error) {
    if (error.name !== 'AbortError') said.textContent = sheet.dataset.failed;
  }
}

function draw(cells) {
  const focused = document.activeElement?.closest?.('.spot') !== null && sheet.contains(document.activeElement);
  points.clearLayers();
  for (const cell of cells) {
    const icon = L.divIcon({
      className: cell.count > 1 ? 'spot many' : 'spot',
      html: shape(cell),
      iconSize: [TOUCH, TOUCH],
    });
    const marker = L.marker([cell.lat, cell.lon], { icon, riseOnHover: true }).addTo(points);
    const element = marker.getElement();
    element.setAttribute('aria-label', cell.label);
    element.title = cell.label;
    element.classList.toggle('open', String(cell.box) === String(opened));
    marker.on('click', () => (cell.one_place || map.getZoom() === map.getMaxZoom() ? open(cell.box, element) : enlarge(cell)));
  }
  if (focused) sheet.focus({ preventScroll: true });
}

function shape(cell) {
  const shape = document.createElement('div');
  shape.append(
    Object.assign(document.createElement('span'), { textContent: cell.short }),
    Object.assign(document.createElement('small'), { textContent: map.getZoom() >= NAMED ? cell.city : '' }),
  );
  return shape;
}

function enlarge(cell) {
  close();
  const zoom = Math.max(map.getBoundsZoom(boundsOf(cell.box)), map.getZoom() + 1);
  map.setView(L.latLngBounds(boundsOf(cell.box)).getCenter(), Math.min(zoom, map.getMaxZoom()));
}

async function open(box, element) {
  opened = box;
  for (const other of sheet.querySelectorAll('.spot.open')) other.classList.remove('open');
  element?.classList.add('open');
  remember();
  const shown = await listings(box);
  here.hidden = !shown;
  if (!shown) said.textContent = sheet.dataset.failed;
  else if (element) here.focus();
}

async function listings(box) {
  try {
    const answer = await fetch(address(sheet.dataset.cards, { bbox: box.join(',') }));
    if (answer.ok) here.querySelector('div').innerHTML = await answer.text();
    return answer.ok;
  } catch {
    return false;
  }
}

function close() {
  if (here.hidden) return;
  here.hidden = true;
  opened = null;
  const marker = sheet.querySelector('.spot.open');
  marker?.classList.remove('open');
  (marker ?? sheet).focus({ preventScroll: true });
  remember();
}

here.querySelector('button').addEventListener('click', close);
place.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') close();
});

const box = history.state?.box;
look();
map.on('moveend', () => {
  remember();
  count();
});
count();
if (Array.isArray(box)) open(box, null);
for (const address of [sheet.dataset.overseas, sheet.dataset.ground]) {
  const answer = await fetch(address);
  if (!answer.ok) continue;
  const ground = await answer.json();
  L.geoJSON(ground, { interactive: false, style: { className: 'land' } }).addTo(map).bringToBack();
  if (address === sheet.dataset.overseas) show = insets(elsewhere, ground.features);
  show(far);
}
