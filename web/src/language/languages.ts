import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en.ts';

export type Language = 'en' | 'ro';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

const kept = 'postrider-language';

/** Ready before the first picture; Romanian is fetched when somebody reads Romanian. */
export async function openLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
  });
  await speak(firstLanguage());
}

/** Changes the words of the whole page. */
export async function speak(language: Language): Promise<void> {
  if (language === 'ro' && !i18next.hasResourceBundle('ro', 'translation')) {
    i18next.addResourceBundle('ro', 'translation', (await import('./ro.ts')).ro);
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
