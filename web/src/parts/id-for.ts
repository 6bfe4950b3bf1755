/** Words of our own addresses, of this page and of the API, in whose place nothing else can be shown. */
const reserved: ReadonlySet<string> = new Set(['new', 'matching', 'pickable']);

/** An id for a name: what the command line and files call it. Empty where nothing of the name can stand in one. */
export function idFor(name: string): string {
  const plain = name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 60);
  return reserved.has(plain) ? `${plain}-1` : plain;
}

/** Whether something may be called so. */
export function isId(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(text) && !reserved.has(text);
}
