// The overseas regions beside the map: each is a small map of its own, its outline drawn once, its points with every answer.

const SVG = 'http://www.w3.org/2000/svg';
const EDGE = 8; // units of the drawing left free around the land

// From degrees to the units of a drawing, the land as large as it fits and in its proportions.
function projection(rings, { width, height }) {
  const lons = rings.flat().map(([lon]) => lon);
  const lats = rings.flat().map(([, lat]) => lat);
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
  const narrow = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const scale = Math.min((width - 2 * EDGE) / ((east - west) * narrow), (height - 2 * EDGE) / (north - south));
  const left = (width - (east - west) * narrow * scale) / 2;
  const top = (height - (north - south) * scale) / 2;
  const within = (value, most) => Math.min(Math.max(value, EDGE / 2), most - EDGE / 2); // a wrong place stays in sight
  return (lon, lat) => [within(left + (lon - west) * narrow * scale, width), within(top + (north - lat) * scale, height)];
}

function drawn(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// `features`: GeoJSON with `region`. Gives what shows an answer's { region: { count, points } }.
export function insets(nav, features) {
  const places = new Map();
  for (const { properties, geometry } of features) {
    const link = nav.querySelector(`[data-region="${properties.region}"]`);
    const drawing = link?.querySelector('svg');
    if (!drawing) continue;
    const rings = geometry.coordinates.map(([outer]) => outer);
    const at = projection(rings, drawing.viewBox.baseVal);
    const line = (ring) => `M${ring.map(([lon, lat]) => at(lon, lat).map((value) => value.toFixed(1)).join(' ')).join('L')}Z`;
    const points = drawn('g', {});
    drawing.append(drawn('path', { d: rings.map(line).join('') }), points);
    places.set(properties.region, { points, at });
  }
  return (found) => {
    for (const [region, { count, points }] of Object.entries(found)) {
      const figure = nav.querySelector(`[data-region="${region}"] .num`);
      if (figure) figure.textContent = count;
      const place = places.get(region);
      place?.points.replaceChildren(...points.map(([lat, lon]) => {
        const [cx, cy] = place.at(lon, lat);
        return drawn('circle', { cx, cy, r: 5 });
      }));
    }
  };
}
