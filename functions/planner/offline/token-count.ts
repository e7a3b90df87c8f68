/** Tokens as our servers count them: a token is four bytes of UTF-8, rounded up. An approximation, the same every time. */
export function approximateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}
