// Widgets in shadow roots, a late panel, and clicks handled by one listener on the document.
(() => {
  const create = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const sheet = () => create('link', { rel: 'stylesheet', href: '/assets/portal.css' });
  const post = async (path, body) => {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    // A lost session answers with the sign-in page, which is no success.
    if (response.status !== 204) throw new Error(`refused with ${response.status}`);
  };

  for (const host of document.querySelectorAll('[data-widget="notifications"]')) {
    const { items, mark, empty } = host.dataset;
    const root = host.attachShadow({ mode: 'open' });
    const list = create('ul');
    for (const item of JSON.parse(items)) {
      const button = create('button', { type: 'button', textContent: mark });
      const row = create('li', {}, `${item} `, button);
      button.setAttribute('aria-label', `${mark}: ${item}`);
      button.addEventListener('click', () => {
        row.remove();
        if (list.children.length === 0) list.replaceWith(create('p', { textContent: empty }));
      });
      list.append(row);
    }
    root.append(sheet(), list);
  }

  for (const host of document.querySelectorAll('[data-widget="note"]')) {
    const { label, save, saved } = host.dataset;
    const root = host.attachShadow({ mode: 'closed' });
    const input = create('input', { id: 'note', maxLength: 200 });
    const button = create('button', { type: 'button', textContent: save });
    const status = create('p', { role: 'status' });
    button.addEventListener('click', async () => {
      try {
        await post('/notes', { text: input.value });
        status.textContent = `${saved}: ${input.value}`;
        input.value = '';
      } catch {
        status.textContent = '✕';
      }
    });
    root.append(
      sheet(),
      create('label', { htmlFor: 'note', textContent: label }),
      input,
      button,
      status,
    );
  }

  document.addEventListener('click', async (event) => {
    const tile =
      event.target instanceof Element ? event.target.closest('[data-go],[data-post]') : null;
    if (tile === null) return;
    const { go, post: path, done } = tile.dataset;
    if (go !== undefined) location.assign(go);
    else if (done !== undefined) {
      await post(path, {});
      tile.textContent = done;
    }
  });
  for (const tile of document.querySelectorAll('[data-reveal]')) {
    tile.addEventListener('click', () => {
      tile.textContent = tile.dataset.reveal;
    });
  }

  for (const panel of document.querySelectorAll('[data-late]')) {
    setTimeout(async () => {
      const response = await fetch(panel.dataset.late);
      if (!response.ok || response.redirected) return;
      panel.innerHTML = await response.text();
      panel.removeAttribute('aria-busy');
    }, 150);
  }
})();
