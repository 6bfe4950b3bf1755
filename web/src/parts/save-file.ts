/** Hands something that the page already has to its reader as a file. */
export function saveFile(name: string, content: unknown): void {
  const blob = new Blob([`${JSON.stringify(content, undefined, 2)}\n`], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
