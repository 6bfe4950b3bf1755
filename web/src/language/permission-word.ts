import { useWord } from './use-word.ts';

/** What a permission lets somebody do, in words. */
export function usePermissionWord(): (permission: string) => string {
  const word = useWord();
  return (permission) => word(`permission.${permission.replace('.', '_')}`, permission);
}
