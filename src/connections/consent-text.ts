import { inputError } from '../base/errors.ts';

/** What somebody agrees to who saves a connection; a version is never changed, a new text is a new version. */
export interface ConsentText {
  version: string;
  title: string;
  points: readonly string[];
}

export const currentConsentVersion = 'v1';

type ConsentLanguage = 'en' | 'ro';

const texts: Readonly<Record<string, Readonly<Record<ConsentLanguage, Omit<ConsentText, 'version'>>>>> = {
  v1: {
    en: {
      title: 'Data privacy and compliance',
      points: [
        'Postrider will send personal data from our systems to the Mailchimp account of this connection: e-mail addresses, the attributes that an export maps to merge fields, and the names of segments as tags. A tag can say something about a person; its name is chosen with that in mind.',
        'These data leave the machine that Postrider runs on. Mailchimp, a service of Intuit, stores and processes them under its own terms, in the places that it chooses. The laws and contracts that hold for our systems do not follow the data there.',
        'Postrider also reads the audience: who is in it, with which status, fields and tags. It keeps a copy in its data folder, together with what it sent, so that it can send only changes.',
        'We are responsible for these data. We have a lawful ground to send them, we have told the people concerned where that is required, and we have the contracts with Mailchimp that the law asks for.',
        'We export only people who may be mailed. `newContacts: subscribed` says to Mailchimp that a person agreed to be mailed; we do so only where they did, and otherwise choose `pending`, which asks them.',
        'Removing a person from our sources or from Postrider does not remove them from Mailchimp. Requests for access, correction and erasure are our task, there as well as here.',
        'I may agree to this on behalf of whoever is responsible for the data.',
      ],
    },
    ro: {
      title: 'Confidențialitatea și conformitatea datelor',
      points: [
        'Postrider va trimite date cu caracter personal din sistemele noastre în contul Mailchimp al acestei conexiuni: adrese de e-mail, atributele pe care un export le potrivește cu câmpuri de îmbinare și numele segmentelor, ca etichete. O etichetă poate spune ceva despre o persoană; numele ei se alege ținând seama de asta.',
        'Aceste date părăsesc calculatorul pe care rulează Postrider. Mailchimp, un serviciu Intuit, le stochează și le prelucrează după propriile condiții, în locurile pe care le alege. Legile și contractele valabile pentru sistemele noastre nu urmează datele acolo.',
        'Postrider citește și audiența: cine face parte din ea, cu ce stare, câmpuri și etichete. Păstrează o copie în dosarul său de date, împreună cu ce a trimis, ca să poată trimite doar modificările.',
        'Răspundem de aceste date. Avem un temei legal pentru a le trimite, am informat persoanele vizate acolo unde este obligatoriu și avem cu Mailchimp contractele cerute de lege.',
        'Exportăm doar persoane cărora li se poate scrie. `newContacts: subscribed` îi spune serviciului Mailchimp că persoana a fost de acord; o facem doar unde așa este, altfel alegem `pending`, care o întreabă.',
        'Ștergerea unei persoane din sursele noastre sau din Postrider nu o șterge din Mailchimp. Cererile de acces, rectificare și ștergere sunt sarcina noastră, acolo ca și aici.',
        'Pot fi de acord cu acestea în numele celui care răspunde de date.',
      ],
    },
  },
};

/** Whether there is or ever was a text of this version. */
export function isConsentVersion(version: string): boolean {
  return Object.hasOwn(texts, version);
}

/** @throws `input` / `consent_unknown` */
export function consentText(version: string, language: ConsentLanguage): ConsentText {
  const text = isConsentVersion(version) ? texts[version] : undefined;
  if (text === undefined) {
    throw inputError(
      'consent_unknown',
      `There is no consent text "${version}".`,
      `The present one is ${currentConsentVersion}.`,
    );
  }
  return { version, ...text[language] };
}
