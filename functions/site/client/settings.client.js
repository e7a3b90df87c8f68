// Note editor, slider value, menu choices and the warning about unsaved changes.
(() => {
  const note = document.querySelector('[data-saves-note]');
  const editor = note.querySelector('[contenteditable]');
  editor.textContent = editor.dataset.text;
  note.querySelector('button').addEventListener('click', async () => {
    const response = await fetch('/settings/note', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: editor.innerText }),
    });
    note.querySelector('[role="status"]').textContent =
      response.status === 204 ? note.dataset.saved : '✕';
  });

  for (const slider of document.querySelectorAll('input[data-shows]')) {
    slider.addEventListener('input', () => {
      document.getElementById(slider.dataset.shows).textContent = slider.value;
    });
  }

  const result = document.querySelector('[data-menu-result]');
  for (const item of document.querySelectorAll('[role="menuitem"]')) {
    item.addEventListener('click', () => {
      result.textContent = item.dataset.done;
    });
  }

  let unsaved = false;
  const profile = document.querySelector('[data-warns-unsaved]');
  profile.addEventListener('input', () => {
    unsaved = true;
  });
  profile.addEventListener('submit', () => {
    unsaved = false;
  });
  window.addEventListener('beforeunload', (event) => {
    if (unsaved) event.preventDefault();
  });
})();
