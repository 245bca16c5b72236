// Sends files in parts (tus 1.0.0), two at a time, and goes on by itself where a lost network or a reload left off.
// It knows nothing of the page: `changed(job)` is called whenever something is to be shown.
//
// A job: id, place (address that takes new uploads), name, size, file (null when it must be chosen again), address (of
// the upload, null before it is announced), offset, state, said (a refusal's sentence), photo (what it became).
// States: waiting, sending, away (no network), checking, done, refused, missing (the file must be chosen again).

const SMALLEST = 128 * 1024;
const LARGEST = 512 * 1024; // as on the server
const AT_ONCE = 2;
const LONGEST_PAUSE = 30_000;
const DAY = 86_400_000; // the server forgets what stopped for so long

// ── what survives a reload ──

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

let database = null;
async function store(mode) {
  if (!database) {
    const opening = indexedDB.open('envois', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('jobs', { keyPath: 'id' });
    database = await asked(opening);
  }
  return database.transaction('jobs', mode).objectStore('jobs');
}

async function keep(job) {
  const { id, place, name, size, file, address, at } = job;
  for (const held of [file, null]) { // where the file itself does not fit, its name and size do
    try {
      await asked((await store('readwrite')).put({ id, place, name, size, file: held, address, at }));
      return;
    } catch {
      // private windows and full disks keep nothing: the upload still goes on while the page stays
    }
  }
}

async function drop(id) {
  try {
    await asked((await store('readwrite')).delete(id));
  } catch {
    // nothing was kept
  }
}

async function kept() {
  try {
    return await asked((await store('readonly')).getAll());
  } catch {
    return [];
  }
}

// ── one upload ──

class Refused extends Error {}

async function call(address, method, headers, body) {
  const answer = await fetch(address, {
    method, body, headers: { 'Tus-Resumable': '1.0.0', Accept: 'application/json', ...headers },
    signal: AbortSignal.timeout(120_000),
  });
  if (answer.status >= 500 || answer.status === 429) throw new Error('later');
  if (answer.redirected) throw new Refused(''); // signed out meanwhile
  return answer;
}

async function sentence(answer) {
  const json = (answer.headers.get('Content-Type') ?? '').includes('json');
  return json ? (await answer.json()).error ?? '' : '';
}

const named = (name) => btoa(String.fromCharCode(...new TextEncoder().encode(name.slice(-120))));

export class Sender {
  constructor(token, changed) {
    this.token = token;
    this.changed = changed;
    this.jobs = [];
    this.running = 0;
    this.wake = new Set();
    addEventListener('online', () => this.go());
    document.addEventListener('visibilitychange', () => document.hidden || this.go());
  }

  // Jobs of this place that a page before this one left.
  async resume(place) {
    const old = Date.now() - DAY;
    for (const job of await kept()) {
      if (job.at < old) drop(job.id);
      else if (job.place === place) this.take({ ...job, offset: 0, state: job.file ? 'waiting' : 'missing' });
    }
  }

  // A chosen file; one that only lacked its bytes goes on where it was.
  add(place, file) {
    const missing = this.jobs.find((job) => job.state === 'missing' && job.name === file.name && job.size === file.size);
    if (missing) {
      Object.assign(missing, { file, state: 'waiting' });
      this.show(missing);
      this.next();
      return missing;
    }
    const job = {
      id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, place, name: file.name, size: file.size, file,
      address: null, offset: 0, state: 'waiting', at: Date.now(),
    };
    keep(job);
    return this.take(job);
  }

  take(job) {
    this.jobs.push(job);
    this.show(job);
    this.next();
    return job;
  }

  show(job, state = job.state) {
    job.state = state;
    this.changed(job);
  }

  stop(job) {
    job.stopped = true;
    this.jobs = this.jobs.filter((one) => one !== job);
    drop(job.id);
    if (!job.address || ['done', 'refused'].includes(job.state)) return; // the server has forgotten it already
    call(job.address, 'DELETE', { 'X-CSRFToken': this.token }).catch(() => {});
  }

  // What waits for the network tries at once.
  go() {
    for (const wake of this.wake) wake();
  }

  next() {
    while (this.running < AT_ONCE) {
      const job = this.jobs.find((one) => one.state === 'waiting');
      if (!job) return;
      this.running += 1;
      this.show(job, 'sending');
      this.send(job).finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }

  async send(job) {
    let pause = 1000;
    while (!job.stopped) {
      const before = job.offset;
      try {
        await this.transfer(job);
        if (!job.stopped) this.show(job, 'done');
        drop(job.id);
        return;
      } catch (error) {
        if (job.stopped) return;
        if (error instanceof Refused) {
          job.said = error.message;
          drop(job.id);
          this.show(job, 'refused');
          return;
        }
        if (error.name === 'NotReadableError' || error.name === 'NotFoundError') { // moved or changed since it was chosen
          job.file = null;
          this.show(job, 'missing');
          return;
        }
        if (job.offset > before) pause = 1000;
        this.show(job, 'away');
        await this.rest(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE);
      }
    }
  }

  rest(pause) {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.wake.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, pause);
      this.wake.add(wake);
    });
  }

  async transfer(job) {
    if (job.address) await this.stands(job);
    if (!job.address) await this.announce(job);
    this.show(job, 'sending');
    let length = SMALLEST;
    while (job.offset < job.size && !job.stopped) {
      const part = await job.file.slice(job.offset, job.offset + length).arrayBuffer();
      if (job.offset + part.byteLength === job.size) this.show(job, 'checking');
      const began = performance.now();
      const answer = await call(job.address, 'PATCH', {
        'X-CSRFToken': this.token, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(job.offset),
      }, part);
      if (answer.status === 404) {
        job.address = null;
        throw new Error('forgotten: announced again');
      }
      if (answer.status !== 409 && !answer.ok) throw new Refused(await sentence(answer));
      job.offset = Number(answer.headers.get('Upload-Offset'));
      job.photo = answer.headers.get('Upload-Photo') ?? job.photo;
      length = performance.now() - began < 1500 ? Math.min(2 * length, LARGEST) : SMALLEST;
      if (job.offset < job.size) this.show(job);
    }
    if (!job.photo && !job.stopped) await this.stands(job);
    if (!job.photo && !job.stopped) throw new Error('not made yet');
  }

  // One after the other: photos take their places in the order they were announced.
  announce(job) {
    const turn = (this.announced ?? Promise.resolve()).then(() => this.announceNow(job));
    this.announced = turn.catch(() => {});
    return turn;
  }

  async announceNow(job) {
    job.offset = 0;
    const answer = await call(job.place, 'POST', {
      'X-CSRFToken': this.token, 'Upload-Length': String(job.size), 'Upload-Metadata': `filename ${named(job.name)}`,
    });
    if (!answer.ok) throw new Refused(await sentence(answer));
    job.address = answer.headers.get('Location');
    await keep(job);
  }

  async stands(job) {
    const answer = await call(job.address, 'HEAD');
    if (answer.status === 404) {
      job.address = null;
      return;
    }
    job.offset = Number(answer.headers.get('Upload-Offset'));
    job.photo = answer.headers.get('Upload-Photo');
  }
}
