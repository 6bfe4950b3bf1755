/**
 * As if somebody had pressed the link to a file.
 * @param name absent: as the server calls it
 */
export function saveFrom(address: string, name = ''): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}

/** Hands something that the page already has to its reader as a file. */
export function saveFile(name: string, content: unknown): void {
  const blob = new Blob([`${JSON.stringify(content, undefined, 2)}\n`], { type: 'application/json' });
  const address = URL.createObjectURL(blob);
  saveFrom(address, name);
  URL.revokeObjectURL(address);
}
