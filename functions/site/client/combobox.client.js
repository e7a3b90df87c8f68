// A select-only combobox after the ARIA authoring practices.
for (const box of document.querySelectorAll('[data-combobox]')) {
  const button = box.querySelector('[role="combobox"]');
  const list = box.querySelector('[role="listbox"]');
  const hidden = box.querySelector('input');
  const options = [...list.children];
  let active = Math.max(
    0,
    options.findIndex((option) => option.getAttribute('aria-selected') === 'true'),
  );

  const point = (index) => {
    active = Math.min(options.length - 1, Math.max(0, index));
    for (const option of options) option.toggleAttribute('data-active', option === options[active]);
    button.setAttribute('aria-activedescendant', options[active].id);
    options[active].scrollIntoView({ block: 'nearest' });
  };
  const open = (isOpen) => {
    list.hidden = !isOpen;
    button.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) point(active);
    else button.removeAttribute('aria-activedescendant');
  };
  const choose = (index) => {
    active = index;
    for (const option of options)
      option.setAttribute('aria-selected', String(option === options[index]));
    hidden.value = options[index].dataset.value;
    button.textContent = options[index].textContent.trim();
    open(false);
  };

  button.addEventListener('click', () => open(list.hidden));
  list.addEventListener('click', (event) => {
    const index = options.indexOf(event.target.closest('[role="option"]'));
    if (index >= 0) choose(index);
  });
  button.addEventListener('keydown', (event) => {
    const { key } = event;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      event.preventDefault();
      if (list.hidden) open(true);
      else point(active + (key === 'ArrowDown' ? 1 : -1));
    } else if (key === 'Escape') open(false);
    else if ((key === 'Enter' || key === ' ') && !list.hidden) {
      event.preventDefault();
      choose(active);
    } else if (key.length === 1 && key !== ' ') {
      const found = options.findIndex((option) =>
        option.textContent.trim().toLowerCase().startsWith(key.toLowerCase()),
      );
      if (found < 0) return;
      open(true);
      point(found);
    }
  });
  document.addEventListener('click', (event) => {
    if (!box.contains(event.target)) open(false);
  });
}
