/** What somebody is in this workspace; each role may do all that the ones before it may. */
export const roles = ['viewer', 'contributor', 'administrator', 'owner'] as const;

export type Role = (typeof roles)[number];

/** Whether `role` stands at `least` or above it. */
export function isAtLeast(role: Role, least: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(least);
}
