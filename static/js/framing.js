// The frame on a photo follows the finger, the mouse and the figures below it. Without this the figures alone do it.

const form = document.getElementById('framing');
const picture = form.querySelector('svg');
const wide = Number(form.dataset.width);
const high = Number(form.dataset.height);
const names = ['left', 'top', 'width', 'height'];
const LEAST = 50; // thousandths, as on the server
const REACH = 28; // CSS pixels around a corner that take hold of it
const keep = document.getElementById('keep');
for (const hidden of form.querySelectorAll('[data-with-script]')) hidden.hidden = false;

const within = (value, least, most) => Math.min(most, Math.max(least, value));

// left, top, width, height in thousandths, from the fields
function typed() {
  const [left, top, width, height] = names.map((name) => Math.round(Number(form.elements[name].value) * 10) || 0);
  const frame = { left: within(left, 0, 1000 - LEAST), top: within(top, 0, 1000 - LEAST) };
  frame.width = within(width, LEAST, 1000 - frame.left);
  frame.height = within(height, LEAST, 1000 - frame.top);
  return frame;
}

const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([x, y]) => {
  const dot = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
  dot.setAttribute('class', 'corner');
  picture.append(dot);
  return { x, y, dot };
});

function draw(frame) {
  const [x, y, w, h] = [(frame.left * wide) / 1000, (frame.top * high) / 1000, (frame.width * wide) / 1000, (frame.height * high) / 1000];
  picture.querySelector('.outside').setAttribute('d', `M0 0h${wide}v${high}h-${wide}zM${x} ${y}h${w}v${h}h-${w}z`);
  for (const edge of picture.querySelectorAll('.edge')) {
    for (const [name, value] of Object.entries({ x, y, width: w, height: h })) edge.setAttribute(name, value);
  }
  const radius = 9 / picture.getScreenCTM().a;
  for (const corner of corners) {
    corner.dot.setAttribute('cx', x + corner.x * w);
    corner.dot.setAttribute('cy', y + corner.y * h);
    corner.dot.setAttribute('r', radius);
  }
}

function show(frame) {
  for (const name of names) form.elements[name].value = frame[name] / 10;
  draw(frame);
}

// where a pointer is, in thousandths
function place(event) {
  const screen = picture.getScreenCTM();
  return {
    x: ((event.clientX - screen.e) / screen.a / wide) * 1000,
    y: ((event.clientY - screen.f) / screen.d / high) * 1000,
  };
}

function grasped(at, frame) {
  const scale = picture.getScreenCTM().a / 1000;
  for (const corner of corners) {
    const away = [at.x - frame.left - corner.x * frame.width, at.y - frame.top - corner.y * frame.height];
    if (Math.abs(away[0]) * wide * scale < REACH && Math.abs(away[1]) * high * scale < REACH) return corner;
  }
  const inside = at.x > frame.left && at.x < frame.left + frame.width && at.y > frame.top && at.y < frame.top + frame.height;
  return inside ? 'whole' : null;
}

function moved(frame, byX, byY) {
  return {
    ...frame,
    left: Math.round(within(frame.left + byX, 0, 1000 - frame.width)),
    top: Math.round(within(frame.top + byY, 0, 1000 - frame.height)),
  };
}

function resized(frame, corner, byX, byY) {
  const right = frame.left + frame.width;
  const bottom = frame.top + frame.height;
  const mostWide = corner.x ? 1000 - frame.left : right;
  const mostHigh = corner.y ? 1000 - frame.top : bottom;
  let width = within(frame.width + (corner.x ? byX : -byX), LEAST, mostWide);
  let height = within(frame.height + (corner.y ? byY : -byY), LEAST, mostHigh);
  if (keep.checked) {
    const least = Math.max(LEAST / frame.width, LEAST / frame.height);
    const scale = within(Math.max(width / frame.width, height / frame.height), least, Math.min(mostWide / frame.width, mostHigh / frame.height));
    [width, height] = [frame.width * scale, frame.height * scale];
  }
  [width, height] = [Math.round(width), Math.round(height)];
  return { left: corner.x ? frame.left : right - width, top: corner.y ? frame.top : bottom - height, width, height };
}

let hold = null;
picture.addEventListener('pointerdown', (event) => {
  const at = place(event);
  const frame = typed();
  const part = grasped(at, frame);
  if (!part) return;
  event.preventDefault();
  picture.setPointerCapture(event.pointerId);
  hold = { at, frame, part };
});
picture.addEventListener('pointermove', (event) => {
  if (!hold) return;
  const at = place(event);
  const [byX, byY] = [at.x - hold.at.x, at.y - hold.at.y];
  show(hold.part === 'whole' ? moved(hold.frame, byX, byY) : resized(hold.frame, hold.part, byX, byY));
});
for (const end of ['pointerup', 'pointercancel']) picture.addEventListener(end, () => { hold = null; });

form.addEventListener('input', () => draw(typed()));
addEventListener('resize', () => draw(typed()));
draw(typed());
