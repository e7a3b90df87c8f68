// Believes only the frame it opened.
window.addEventListener('message', (event) => {
  const frame = document.querySelector('iframe[data-pay-origin]');
  if (event.origin !== frame.dataset.payOrigin || event.source !== frame.contentWindow) return;
  if (event.data?.type !== 'payment-received') return;
  const result = document.querySelector('[data-payment-result]');
  result.textContent = `${result.dataset.paymentResult}: ${event.data.receipt}`;
  result.hidden = false;
});
