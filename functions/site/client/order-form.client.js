// Asks before an order is sent: in a dialog of the page, or with window.confirm.
(() => {
  const form = document.querySelector('form[data-confirm]');
  const { confirm: question } = form.dataset;
  if (question !== '') {
    form.addEventListener('submit', (event) => {
      if (!window.confirm(question)) event.preventDefault();
    });
    return;
  }

  const confirms = document.querySelector('[data-confirms]');
  const box = confirms.closest('dialog,[role="alertdialog"]');
  const isOpen = () => (box instanceof HTMLDialogElement ? box.open : !box.parentElement.hidden);
  const open = () => {
    if (box instanceof HTMLDialogElement) box.showModal();
    else {
      box.parentElement.hidden = false;
      confirms.focus();
    }
  };
  const close = () => {
    if (box instanceof HTMLDialogElement) box.close();
    else box.parentElement.hidden = true;
  };

  document.querySelector('[data-opens-confirmation]').addEventListener('click', open);
  document.querySelector('[data-cancels]').addEventListener('click', close);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && isOpen()) close();
  });
  // Enter in a field submits through the hidden button: it must ask as well.
  form.addEventListener('submit', (event) => {
    if (isOpen()) return;
    event.preventDefault();
    open();
  });
})();
