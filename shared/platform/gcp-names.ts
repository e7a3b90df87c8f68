/** Names as the adapters form them; said again here so that who only looks need not load their clients (a test compares). */
export const deadLetterOf = (subscription: string): string => `${subscription}-dead`;
export const secretIdOf = (tenantId: string, name: string): string => `rodex_${tenantId}_${name}`;
