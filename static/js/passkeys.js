// Passkeys: <form data-passkey="get|create" data-challenge="/…"> with a hidden field whose name ends in "answer".
// What stands in [data-passkeys] appears where the browser can; everything else on the page works without.

async function options(form) {
  const token = form.querySelector('[name=csrf_token]').value;
  const answer = await fetch(form.dataset.challenge, { method: 'POST', headers: { 'X-CSRFToken': token } });
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  return answer.json();
}

async function speak(form) {
  const failed = form.querySelector('[data-failed]');
  failed.hidden = true;
  try {
    const given = await options(form);
    const credential = form.dataset.passkey === 'create'
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(given) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(given) });
    form.querySelector('[name$=answer]').value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch {
    failed.hidden = false; // refused, given up, or no key for us
  }
}

const able = window.PublicKeyCredential?.parseRequestOptionsFromJSON && window.isSecureContext;
for (const form of able ? document.querySelectorAll('form[data-passkey]') : []) {
  const place = form.querySelector('[data-passkeys]') ?? form.closest('[data-passkeys]');
  place.hidden = false;
  document.querySelector('[data-no-passkeys]')?.remove();
  if (form.dataset.passkey === 'create') {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      speak(form);
    });
  } else {
    place.querySelector('button').addEventListener('click', () => speak(form));
  }
}
