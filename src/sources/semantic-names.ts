import type { Semantic } from './semantics.ts';

/** English, Romanian, German, French, Spanish and Italian; in the folded form below. */
const names: readonly [Semantic, string][] = [
  ['email', 'e?_?mail|e?_?mail_?addr(ess|esse)?|adresa_(de_)?e?_?mail|courriel|correo(_electronico)?'],
  [
    'phone',
    '(tele|mobile_?)?phone|tel|telefon(o|ul)?|tele_?phone|mobile?|mobil(nummer)?|cellular|cell_?phone|gsm|handy|movil|cellulare',
  ],
  ['first_name', 'f_?name|first|first_?name|given_?name|forename|prenume(le)?|vorname|prenom|nombre'],
  [
    'last_name',
    'l_?name|last|last_?name|sur_?name|family_?name|nume(le)?(_de)?_familie|nachname|apellidos?|cognome',
  ],
  ['full_name', 'name|nume|full_?name|nume_complet|contact_name|display_name|nom_complet'],
  [
    'birth_date',
    'born|dob|birth_?da(te|y)|date_of_birth|data_nasterii|nascut|geburts(datum|tag)|date_de_naissance|fecha_de_nacimiento|data_di_nascita',
  ],
  ['gender', 'gender|sex|gen|geschlecht|sexe|sexo|sesso'],
  ['company', 'company(_?name)?|organi[sz]ation|firma|firmen_?name|societate(a)?|entreprise|empresa|azienda'],
  [
    'street',
    'street(_?address)?|addr(ess)?(_?line)?(_?1)?|adresa|strada|strasse|rue|adresse|direccion|calle|indirizzo|via',
  ],
  ['city', 'city|town|oras(ul)?|localitate(a)?|ort|stadt|ville|ciudad|citta|comune'],
  [
    'postal_code',
    'zip|zip_?code|post_?code|postal_?code|cod(ul)?_postal|plz|postleitzahl|code_postal|codigo_postal|cap',
  ],
  ['state', 'state|county|region|province|judet(ul)?|bundesland|departement|provincia'],
  ['country', 'country(_?code|_?name|_?region)?|tara|land|pays|pais|paese|nation'],
  ['language', 'lang|language|locale|limba|sprache|langue|idioma|lingua'],
  [
    'consent',
    'consent|opt_?in|e?_?mail_?(consent|opt_?in)|marketing_?(consent|opt_?in)|accepts_?marketing|gdpr(_consent)?|newsletter|acord|einwilligung',
  ],
];

const patterns = names.map(
  ([semantic, words]) =>
    [
      semantic,
      new RegExp(`^(?:(?:customer|client|kunden?|contact|user|person|home|billing|shipping)_)?(?:${words})$`),
    ] as const,
);

/** What a column's name says it means; undefined where it says nothing that we understand. */
export function semanticOfName(name: string): Semantic | undefined {
  const folded = foldName(name);
  return patterns.find(([, pattern]) => pattern.test(folded))?.[0];
}

/** `EmailAddress`, `e-mail address` and `E_Mail_Address` in one form: `email_address`, `e_mail_address`. */
function foldName(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
}
