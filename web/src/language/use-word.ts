import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';

/** Words for what the server calls by a code: `otherwise` where the page has none for it yet. */
export function useWord(): (key: string, otherwise: string) => string {
  const { t, i18n } = useTranslation();
  return useCallback((key, otherwise) => (i18n.exists(key) ? String(t(key as never)) : otherwise), [t, i18n]);
}
