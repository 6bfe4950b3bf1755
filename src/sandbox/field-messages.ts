import type { MergeFieldType } from './merge-field.ts';

/** Field messages come in the language of the account, details in English only (FACTS §8). */
export type FieldLanguage = 'en' | 'de';

type Message = MergeFieldType | 'required';

// Seen live: "Please enter a value", "… a number", "… a complete address", "Bitte gib einen Wert ein."
// The other wordings are made up in their manner; a client must not depend on them.
const messages: Record<FieldLanguage, Record<Message, string>> = {
  en: {
    required: 'Please enter a value',
    text: 'Please enter a value',
    number: 'Please enter a number',
    address: 'Please enter a complete address',
    phone: 'Please enter a valid phone number',
    date: 'Please enter a valid date',
    birthday: 'Please enter a valid month and day',
    zip: 'Please enter a valid zip code',
    url: 'Please enter a valid URL',
    imageurl: 'Please enter a valid URL',
    radio: 'Please select one of the choices',
    dropdown: 'Please select one of the choices',
  },
  de: {
    required: 'Bitte gib einen Wert ein.',
    text: 'Bitte gib einen Wert ein.',
    number: 'Bitte gib eine Zahl ein.',
    address: 'Bitte gib eine vollständige Adresse ein.',
    phone: 'Bitte gib eine gültige Telefonnummer ein.',
    date: 'Bitte gib ein gültiges Datum ein.',
    birthday: 'Bitte gib Monat und Tag ein.',
    zip: 'Bitte gib eine gültige Postleitzahl ein.',
    url: 'Bitte gib eine gültige URL ein.',
    imageurl: 'Bitte gib eine gültige URL ein.',
    radio: 'Bitte wähle eine der Möglichkeiten.',
    dropdown: 'Bitte wähle eine der Möglichkeiten.',
  },
};

export function fieldMessage(message: Message, language: FieldLanguage): string {
  return messages[language][message];
}
