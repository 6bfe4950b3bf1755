import type { ColumnType } from '../engine/engine.ts';
import type { NormaliserConfig } from './normaliser-config.ts';

/** Words that mean the same: a list to be read, or the words themselves. */
export type AliasList = string | readonly string[];

export interface TextNormaliser {
  as: 'text' | 'name' | 'address';
  keepCase: boolean;
  keepAccents: boolean;
  umlauts: 'one' | 'two';
  dropSymbols: boolean;
  dropNumerals: boolean;
  dropBlanks: boolean;
  aliases: readonly AliasList[];
}

/** The form in which values of an attribute are compared, all options said. */
export type Normaliser =
  | { as: 'asIs' | 'digits' | 'date' }
  | TextNormaliser
  | { as: 'email'; ignorePlus: boolean; ignoreDots: boolean }
  | { as: 'phone'; defaultCountry: string | undefined; country: string | undefined };

/** A normaliser with everything said that its configuration may leave out. */
export function normaliserOf(config: NormaliserConfig): Normaliser {
  const options = typeof config === 'string' ? ({ as: config } as Exclude<NormaliserConfig, string>) : config;
  switch (options.as) {
    case 'text':
    case 'name':
    case 'address': {
      const { as, keep = [], drop = [], umlauts = 'one', aliases = [] } = options;
      return {
        as,
        keepCase: keep.includes('case'),
        keepAccents: keep.includes('accents'),
        umlauts,
        dropSymbols: drop.includes('symbols'),
        dropNumerals: drop.includes('numerals'),
        dropBlanks: drop.includes('blanks'),
        aliases,
      };
    }
    case 'email':
      return { as: 'email', ignorePlus: options.plus === 'ignore', ignoreDots: options.dots === 'ignore' };
    case 'phone':
      return { as: 'phone', defaultCountry: options.defaultCountry, country: options.country };
    case 'asIs':
    case 'digits':
    case 'date':
      return { as: options.as };
    default:
      throw new Error(`no such normaliser: ${String(options satisfies never)}`);
  }
}

const phones =
  /^(tele?phone|phone|tel|telefon|mobile|cell)(_?(number|no|nr))?$|^(mobile|cell|home|work)_phone$/;
const names = /^((first|last|middle|full|given|family)_?name|forename|surname|name|prenume|nume)$/;
const addresses = /^(street|address|addr|strada|adresa)(_?(line)?_?[1-3]|_address|_name)?$/;
/** Names of days of birth. */
export const births = /^(birth|born)|^(dob|date_of_birth)$/i;

/** What an attribute is compared by when nobody says: by its name where that tells, else by its type. */
export function defaultNormaliser(
  attribute: string,
  type: ColumnType,
  isEmail: boolean,
): Extract<NormaliserConfig, string> {
  const name = attribute.toLowerCase();
  if (isEmail) return 'email';
  if (phones.test(name) && (type === 'text' || type === 'integer')) return 'phone';
  if (births.test(name) && type === 'time') return 'date';
  if (type !== 'text') return 'asIs';
  if (names.test(name)) return 'name';
  return addresses.test(name) ? 'address' : 'text';
}

/** Whether the compared form is text, of which similarity can be told. */
export function comparesText({ as }: Normaliser, type: ColumnType): boolean {
  return as === 'asIs' ? type === 'text' : as !== 'date';
}
