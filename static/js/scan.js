// Fields that take codes (templates/shared/scan.html). A hand scanner is a keyboard: it needs nothing of this. A page may
// take the codes for itself by preventing the `scan` event; the camera is offered where the browser reads codes.

const PAUSE_MS = 200;
const FORMATS = ['qr_code', 'code_128', 'code_39', 'ean_13', 'data_matrix'];

for (const form of document.querySelectorAll('[data-scan-form]')) {
  const field = form.querySelector('.input');
  const whole = form.closest('form'); // itself, or the larger form it is a part of
  whole.addEventListener('submit', (event) => {
    if (whole !== form && !event.submitter?.matches('[data-scan-send]')) return;
    const code = field.value.trim();
    if (!code) {
      event.preventDefault();
      field.focus();
      return;
    }
    const told = new CustomEvent('scan', { bubbles: true, cancelable: true, detail: { code } });
    if (!form.dispatchEvent(told)) {
      event.preventDefault();
      field.value = '';
      field.focus();
    }
  });
  offerCamera(form, field);
}

async function offerCamera(form, field) {
  const button = form.querySelector('[data-camera]');
  const said = form.querySelector('[data-camera-said]');
  if (!('BarcodeDetector' in window) || !navigator.mediaDevices?.getUserMedia) return;
  const known = await BarcodeDetector.getSupportedFormats().catch(() => []);
  const formats = FORMATS.filter((format) => known.includes(format));
  if (!formats.length) return;
  button.hidden = false;
  let video = null;

  function stop() {
    for (const track of video?.srcObject?.getTracks() ?? []) track.stop();
    video?.remove();
    video = null;
    button.setAttribute('aria-expanded', 'false');
    said.textContent = '';
  }

  async function look(detector) {
    const [found] = video.readyState >= 2 ? await detector.detect(video).catch(() => []) : [];
    if (!video) return; // stopped meanwhile
    if (found?.rawValue) {
      stop();
      field.value = found.rawValue;
      form.closest('form').requestSubmit(form.querySelector('[data-scan-send]'));
    } else {
      setTimeout(() => video && look(detector), PAUSE_MS);
    }
  }

  button.addEventListener('click', async () => {
    if (video) return stop();
    video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
    video.className = 'scan-view';
    form.append(video);
    button.setAttribute('aria-expanded', 'true');
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      if (!video) {
        for (const track of stream.getTracks()) track.stop();
        return undefined;
      }
      video.srcObject = stream;
      await video.play();
    } catch {
      stop();
      said.textContent = form.dataset.textRefused;
      field.focus();
      return undefined;
    }
    said.textContent = form.dataset.textLooking;
    return look(new BarcodeDetector({ formats }));
  });
  window.addEventListener('pagehide', stop);
}
