// Runs in the payment provider's frame once a card was accepted.
(() => {
  const { receipt, parent } = document.querySelector('[data-receipt]').dataset;
  window.parent.postMessage({ type: 'payment-received', receipt }, parent);
})();
