import {
  getCountries,
  isSupportedCountry,
  parsePhoneNumberFromString,
  type CountryCode,
} from 'libphonenumber-js/min';

/**
 * A telephone number as E.164, with the country significant: `0721 234 567` of Romania is `+40721234567`. An
 * extension counts. What is no number of its country, or says none, is its digits: then only the same digits
 * agree. Without digits: the text in lower case.
 * @param country of the person, by its two letters or a name in English, German or Romanian; what is no country is ''
 * @param fallback the country where the person has none
 */
export function phoneForm(text: string, country: string, fallback: string | undefined): string {
  const written = text.trim().replace(/^00(?=[1-9])/, '+');
  const region = countryCode(country) ?? (fallback === undefined ? undefined : countryCode(fallback));
  const parsed = parsePhoneNumberFromString(written, region);
  if (parsed?.isPossible() === true) {
    return parsed.ext === undefined ? parsed.number : `${parsed.number};${parsed.ext}`;
  }
  return phoneDigits(text) ?? text.trim().toLowerCase();
}

/** The digits of a text; undefined where there are none. */
export function phoneDigits(text: string): string | undefined {
  const digits = text.replaceAll(/\D/g, '');
  return digits === '' ? undefined : digits;
}

let byName: ReadonlyMap<string, CountryCode> | undefined;

/** The two letters of a country by those or by its name; undefined for anything else. */
export function countryCode(text: string): CountryCode | undefined {
  const wanted = plain(text);
  if (wanted === '') return undefined;
  const letters = wanted.toUpperCase();
  if (isSupportedCountry(letters)) return letters;
  byName ??= new Map(
    ['en', 'de', 'ro'].flatMap((language) => {
      const names = new Intl.DisplayNames([language], { type: 'region' });
      return getCountries().map((code): [string, CountryCode] => [plain(names.of(code) ?? code), code]);
    }),
  );
  return byName.get(wanted);
}

function plain(text: string): string {
  return text.trim().toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '');
}
