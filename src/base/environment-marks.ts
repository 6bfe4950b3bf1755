/** Where a text names a variable of the environment: `${NAME}`; `$${` stands for a plain `${`, and names none. */
export const environmentMark = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The variables that a text names, each once. */
export function variablesOf(text: string): string[] {
  const names = [...text.matchAll(environmentMark)].map(([, name]) => name);
  return [...new Set(names.filter((name) => name !== undefined))];
}
