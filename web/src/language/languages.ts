import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { en } from './en.ts';

export type Language = 'en' | 'ro';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

const kept = 'postrider-language';

/** Words of one language each, so that nobody loads those of another. */
const words = {
  en: async () => (await import('./en.ts')).en,
  ro: async () => (await import('./ro.ts')).ro,
} as const satisfies Record<Language, () => Promise<object>>;

/** Ready before the first picture. */
export async function openLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    // The compiler sees to it that each language says everything.
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
  });
  await speak(firstLanguage());
}

/** Changes the words of the whole page. */
export async function speak(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'translation')) {
    i18next.addResourceBundle(language, 'translation', await words[language]());
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  // For the sign-in page of the next time; who is signed in has it as a setting.
  localStorage.setItem(kept, language);
}

/** Before anybody has signed in: as last time, or as the browser is set. */
function firstLanguage(): Language {
  const last = localStorage.getItem(kept);
  if (last === 'en' || last === 'ro') return last;
  return navigator.languages.some((each) => each.toLowerCase().startsWith('ro')) ? 'ro' : 'en';
}
