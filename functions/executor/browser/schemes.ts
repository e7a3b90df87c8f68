/** False for what a program of the machine would open, such as for mail: no document and no window comes of it. Empty: a new window. */
export const isOpenedHere = (url: string): boolean =>
  url === '' || /^(https?|about|blob|data|file):/i.test(url);
