// A calendar of buttons that writes into a plain text field.
for (const picker of document.querySelectorAll('[data-date-picker]')) {
  const { pattern, month: firstMonth, earlier, later, label } = picker.dataset;
  const input = picker.querySelector('input');
  const opener = picker.querySelector('button');
  const { lang } = document.documentElement;
  const day = (year, month, date) => new Date(Date.UTC(year, month, date));
  let [year, month] = firstMonth.split('-').map(Number);
  month -= 1;

  const popup = document.createElement('div');
  popup.setAttribute('role', 'dialog');
  popup.setAttribute('aria-label', label);
  popup.hidden = true;
  picker.append(popup);

  const button = (text, name, act) => {
    const element = document.createElement('button');
    element.type = 'button';
    element.textContent = text;
    element.setAttribute('aria-label', name);
    element.addEventListener('click', act);
    return element;
  };
  const open = (isOpen) => {
    popup.hidden = !isOpen;
    opener.setAttribute('aria-expanded', String(isOpen));
  };
  const pick = (date) => {
    const [yyyy, mm, dd] = date.toISOString().slice(0, 10).split('-');
    input.value = pattern.replace('yyyy', yyyy).replace('mm', mm).replace('dd', dd);
    open(false);
    input.focus();
  };
  const draw = () => {
    const first = day(year, month, 1);
    const title = document.createElement('strong');
    title.textContent = new Intl.DateTimeFormat(lang, {
      month: 'long',
      year: 'numeric',
      timeZone: 'UTC',
    }).format(first);
    const move = (by) => () => {
      const next = day(year, month + by, 1);
      year = next.getUTCFullYear();
      month = next.getUTCMonth();
      draw();
    };
    const head = document.createElement('div');
    head.append(button('‹', earlier, move(-1)), title, button('›', later, move(1)));
    const grid = document.createElement('table');
    grid.setAttribute('role', 'grid');
    const full = new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeZone: 'UTC' });
    const blanks = (first.getUTCDay() + 6) % 7;
    const length = day(year, month + 1, 0).getUTCDate();
    for (let cell = 0; cell < blanks + length; cell += 1) {
      if (cell % 7 === 0) grid.insertRow();
      const target = grid.rows[grid.rows.length - 1].insertCell();
      if (cell < blanks) continue;
      const date = day(year, month, cell - blanks + 1);
      target.append(button(String(date.getUTCDate()), full.format(date), () => pick(date)));
    }
    popup.replaceChildren(head, grid);
  };

  opener.addEventListener('click', () => {
    if (popup.hidden) draw();
    open(popup.hidden);
  });
  picker.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') open(false);
  });
  document.addEventListener('click', (event) => {
    // Redrawing removes the clicked arrow from the document before this runs.
    if (event.target.isConnected && !picker.contains(event.target)) open(false);
  });
}
