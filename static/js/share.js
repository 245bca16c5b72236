// Sending a listing on, and printing its sheet: buttons that only exist where the browser can.

for (const box of document.querySelectorAll('[data-share]')) {
  const button = box.querySelector('button');
  const { url, title, copied } = box.dataset;
  button.hidden = false;
  button.addEventListener('click', async () => {
    if (navigator.share) {
      await navigator.share({ title, url }).catch(() => {});
      return;
    }
    await navigator.clipboard.writeText(url);
    box.querySelector('[role="status"]').textContent = copied;
  });
  if (!navigator.share && !navigator.clipboard) button.hidden = true;
}

document.querySelector('button.print')?.addEventListener('click', () => window.print());
