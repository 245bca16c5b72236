// The month of a listing: arrows go from day to day, a day chosen fills the rental's form in. Its links work without.

const WEEK = 7;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -WEEK, ArrowDown: WEEK };
const form = document.querySelector('form[data-price] input[name="from"]')?.form;

const days = (month) => [...month.querySelectorAll('[data-day]')];

// One day at a time is in the order of Tab: the one left last, today's first.
const stand = (month, day, focus) => {
  for (const one of days(month)) one.tabIndex = one === day ? 0 : -1;
  if (focus) day.focus();
};

const mark = (month) => {
  if (!form) return;
  const [from, to] = [form.elements.from.value, form.elements.to.value];
  for (const one of days(month)) {
    const day = one.dataset.day;
    one.setAttribute('aria-selected', String(Boolean(from) && (day === from || (Boolean(to) && day >= from && day <= to))));
  }
};

const choose = (month, day) => {
  if (!form || day.classList.contains('past')) return;
  const { from, to } = form.elements;
  const chosen = day.dataset.day;
  const field = from.value && !to.value && chosen > from.value ? to : from;
  field.value = chosen;
  if (field === from) to.value = '';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  mark(month);
};

const turn = async (place, link, at) => {
  const url = new URL(link.href);
  url.searchParams.set('part', '1');
  const answer = await fetch(url).catch(() => null);
  if (!answer?.ok) {
    window.location.assign(link.href);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const month = page.querySelector('[data-month]');
  place.replaceWith(month);
  begin(month);
  if (at !== undefined) {
    stand(month, days(month).at(at), true);
    return;
  }
  (month.querySelector(`[data-turn="${link.dataset.turn}"]`) ?? month.querySelector('[data-turn]'))?.focus();
};

const begin = (month) => {
  month.querySelector('table').setAttribute('role', 'grid');
  const found = days(month);
  stand(month, found.find((day) => !day.classList.contains('past')) ?? found[0], false);
  mark(month);
  month.addEventListener('click', (event) => {
    const link = event.target.closest('[data-turn]');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      turn(month, link);
      return;
    }
    const day = event.target.closest('[data-day]');
    if (day) {
      stand(month, day, false);
      choose(month, day);
    }
  });
  month.addEventListener('keydown', (event) => {
    const day = event.target.closest('[data-day]');
    if (!day || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = days(month);
    const at = all.indexOf(day);
    if (event.key in STEPS) {
      event.preventDefault();
      const to = at + STEPS[event.key];
      if (all[to]) {
        stand(month, all[to], true);
        return;
      }
      // beyond an edge: the month beside this one, on the day it would be
      const link = month.querySelector(`[data-turn="${to < 0 ? 'earlier' : 'later'}"]`);
      if (link) turn(month, link, to < 0 ? to : to - all.length);
    } else if (event.key === 'Home' || event.key === 'End') {
      event.preventDefault();
      stand(month, event.key === 'Home' ? all[0] : all.at(-1), true);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      choose(month, day);
    }
  });
};

for (const month of document.querySelectorAll('[data-month]')) begin(month);
