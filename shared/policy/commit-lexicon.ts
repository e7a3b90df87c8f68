/**
 * Verbs that stand on controls which change something for good, in the languages configured. Whole words, folded. They only ever
 * raise caution: a form posted without any of them is a commit all the same.
 */
const ANYWHERE = wordsOf(
  'pay buy purchase checkout send delete remove publish confirm submit approve transfer deactivate terminate revoke release',
  'donate unsubscribe withdraw refund deploy erase wipe',
  'bezahlen zahlen kaufen bestellen senden absenden löschen entfernen veröffentlichen bestätigen überweisen kündigen freigeben',
  'payer acheter envoyer supprimer publier confirmer valider virer résilier',
  'pagar comprar enviar eliminar borrar publicar confirmar transferir',
);

/** Words that are as often nouns ("Review order"): they count where an imperative has its verb, at the front. */
const IN_FRONT = wordsOf(
  'order place book reserve subscribe reject decline post share merge archive',
  'buchen commander réserver pedir reservar',
);

/** Verbs that no link to a list or a form begins with: a link that says one of them is more than a way to somewhere. */
const ON_LINKS = wordsOf(
  'delete remove pay buy confirm approve unsubscribe deactivate terminate revoke erase wipe withdraw refund',
  'löschen entfernen bezahlen kaufen bestätigen kündigen supprimer payer acheter confirmer eliminar borrar pagar comprar confirmar',
);

function wordsOf(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')));
}

export function fold(text: string): string {
  return text.normalize('NFKC').replace(/\s+/gu, ' ').trim().toLocaleLowerCase('en');
}

function words(name: string): string[] {
  return fold(name)
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '');
}

/** The word of a link's name that says "this is for good", if any. */
export function commitWordOfLink(name: string): string | undefined {
  return words(name).find((word) => ON_LINKS.has(word));
}

/** The word of `name` that says "this is for good", if any. */
export function commitWord(name: string): string | undefined {
  const all = words(name);
  const first = all[0];
  if (first !== undefined && IN_FRONT.has(first)) return first;
  return all.find((word) => ANYWHERE.has(word));
}
