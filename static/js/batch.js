// One draft per photo: each file is sent by itself, its line comes back, its picture is shown from the device at once.
// Without this the form sends the photos itself, a dozen at a time.

const form = document.getElementById('take');
const lines = document.getElementById('lines');
const rows = document.getElementById('rows');
const told = document.getElementById('told');
const chooser = document.getElementById('photo');
const texts = form.dataset;
form.querySelector('[data-without-script]').hidden = true;

function fromServer(html) {
  const holder = document.createElement('template');
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild;
}

function address() {
  const ids = [...rows.querySelectorAll('[name="listing"]')].map((one) => one.value);
  return `${texts.page}?annonces=${ids.join('.')}`;
}

async function send(file) {
  const body = new FormData(form);
  body.delete('photo');
  body.set('photo', file, file.name);
  let answer;
  let said = {};
  try {
    answer = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' } });
    said = await answer.json();
  } catch {
    // the network is away, or the answer is not ours to read: the sentence below stands
  }
  if (answer?.status !== 201) return said.error ?? `${file.name} : ${texts.textFailed}`;
  const row = fromServer(said.html);
  const picture = row.querySelector('[data-waits]');
  if (picture) picture.src = URL.createObjectURL(file);
  rows.append(row);
  lines.hidden = false;
  history.replaceState(null, '', address());
  form.action = address();
  return '';
}

chooser.addEventListener('change', async () => {
  const files = [...chooser.files];
  chooser.value = '';
  const room = Math.max(0, Number(texts.most) - rows.children.length);
  const first = rows.children.length;
  const lost = files.length > room ? [texts.textMany] : [];
  let sent = 0;
  for (const file of files.slice(0, room)) {
    const wrong = await send(file);
    if (wrong) lost.push(wrong);
    else sent += 1;
    told.textContent = [`${texts.textSent} : ${sent}/${Math.min(files.length, room)}.`, ...lost].join(' ');
  }
  if (!files.slice(0, room).length) told.textContent = lost.join(' ');
  rows.children[first]?.querySelector('input:not([type="hidden"])')?.focus();
});
