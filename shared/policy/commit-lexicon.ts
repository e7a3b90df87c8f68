/**
 * Verbs that stand on controls which change something for good, in the languages configured. Whole words, folded. They only ever
 * raise caution: a form posted without any of them is a commit all the same.
 */
const COMMIT_WORDS = new Set(
  [
    'pay buy purchase checkout send delete remove publish confirm submit approve transfer place book reserve deactivate terminate revoke release',
    'order donate subscribe unsubscribe withdraw refund accept reject decline post share deploy merge archive erase wipe',
    'bezahlen zahlen kaufen bestellen senden absenden löschen entfernen veröffentlichen bestätigen überweisen buchen kündigen freigeben',
    'payer acheter commander envoyer supprimer publier confirmer valider virer réserver résilier',
    'pagar comprar pedir enviar eliminar borrar publicar confirmar transferir reservar',
  ]
    .join(' ')
    .split(' '),
);

export function fold(text: string): string {
  return text.normalize('NFKC').replace(/\s+/gu, ' ').trim().toLocaleLowerCase('en');
}

/** The first word of `name` that says "this is for good", if any. */
export function commitWord(name: string): string | undefined {
  return fold(name)
    .split(/[^\p{L}]+/u)
    .find((word) => COMMIT_WORDS.has(word));
}
