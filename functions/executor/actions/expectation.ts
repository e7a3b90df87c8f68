/** True when a URL fits `wanted`: a path prefix, a full URL prefix, or a glob with `*`. */
export function urlFits(url: string, wanted: string): boolean {
  let parts: URL;
  try {
    parts = new URL(url);
  } catch {
    return url === wanted;
  }
  const path = parts.pathname + parts.search + parts.hash;
  const subject = wanted.includes('://') ? url : path;
  if (!wanted.includes('*'))
    return subject.startsWith(
      wanted.includes('://') || wanted.startsWith('/') ? wanted : `/${wanted}`,
    );
  const pattern = wanted
    .split('*')
    .map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`).test(subject) || new RegExp(`^${pattern}$`).test(url);
}

export const fold = (text: string): string => text.replace(/\s+/g, ' ').trim().toLowerCase();
