import type { Dialect } from '../engine/dialect.ts';
import type { ColumnType } from '../engine/engine.ts';
import { name, sql, type Sql } from '../engine/sql.ts';
import { typeRef } from '../engine/table.ts';
import { foldLatin } from './fold-latin.ts';
import type { TextNormaliser } from './normaliser.ts';
import type { Form } from './plan-rules.ts';

const blanks = ' \t\r\n';
/** RE2's \s knows ASCII only. */
const anyBlank =
  '[\\s\\x{00a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}]';
const apostrophes = "['’‘ʼ`´]";
const notOfWords = '[^\\p{L}\\p{M}\\p{N}]+';

/** Stands between a telephone number and its country while both are one text. */
export const phoneSeparator = '\u001f';

/** `value`, or NULL where it is nothing but blanks. */
export function unlessBlank(value: Sql, type: ColumnType): Sql {
  return type === 'text' ? sql`CASE WHEN trim(${value}, ${blanks}) <> '' THEN ${value} END` : value;
}

/**
 * The part of a form that SQL can make, from the attributes of the record that stand beside it; NULL for a
 * value that agrees with nothing. Telephone numbers come out with their country behind `phoneSeparator`.
 */
export function comparable(dialect: Dialect, { attribute, normaliser }: Form): Sql {
  const value = name(attribute.name);
  switch (normaliser.as) {
    case 'asIs':
      return value;
    case 'email':
      return plainAddress(dialect, address(dialect, asText(dialect, value, attribute.type)), normaliser);
    case 'phone': {
      const country =
        normaliser.country === undefined
          ? sql`''`
          : sql`coalesce(CAST(${name(normaliser.country)} AS ${typeRef(dialect, 'text')}), '')`;
      // Not concat, which takes NULL for ''.
      return sql`${filled(dialect.trimBlanks(asText(dialect, value, attribute.type)))} || ${phoneSeparator} || ${country}`;
    }
    case 'digits':
      return filled(dialect.remove(asText(dialect, value, attribute.type), '[^0-9]'));
    case 'date':
      return attribute.type === 'text' ? dateOfText(dialect, value) : dialect.tryCast(value, 'date');
    case 'text':
    case 'name':
    case 'address':
      return comparableText(dialect, asText(dialect, value, attribute.type), normaliser);
    default:
      throw new Error(`no such normaliser: ${String(normaliser satisfies never)}`);
  }
}

function comparableText(dialect: Dialect, text: Sql, options: TextNormaliser): Sql {
  const letters = options.keepCase ? text : dialect.foldCase(text);
  let form = options.keepAccents ? dialect.composed(letters) : foldLatin(dialect, letters, options.umlauts);
  if (options.as !== 'text') {
    form = dialect.replaceAll(dialect.remove(form, apostrophes), notOfWords, ' ');
  }
  if (options.dropSymbols) form = dialect.remove(form, '[^\\p{L}\\p{M}\\p{N}\\s]');
  if (options.dropNumerals) form = dialect.remove(form, '\\p{N}');
  form = filled(sql`trim(${dialect.replaceAll(form, `${anyBlank}+`, options.dropBlanks ? '' : ' ')})`);
  if (options.dropSymbols || options.dropNumerals || options.dropBlanks) return form;
  // Most values are in their form already but for the case, and one look is cheaper than five steps.
  const inForm = options.as === 'text' ? '^[!-~]+( [!-~]+)*$' : '^[A-Za-z0-9]+( [A-Za-z0-9]+)*$';
  return sql`CASE WHEN ${dialect.matches(text, inForm)} THEN ${letters} ELSE ${form} END`;
}

/**
 * The folded form of an address, as Mailchimp folds it, and NULL for what cannot be one: it counts only with
 * something on both sides of exactly one "@" and no blank inside, else "n/a" or "none@" would glue strangers
 * together.
 */
export function address(dialect: Dialect, value: Sql): Sql {
  const folded = dialect.foldAddress(value);
  return sql`CASE WHEN ${dialect.matches(folded, '^[^@\\s]+@[^@\\s]+$')} THEN ${folded} END`;
}

function plainAddress(
  dialect: Dialect,
  folded: Sql,
  { ignorePlus, ignoreDots }: { ignorePlus: boolean; ignoreDots: boolean },
): Sql {
  // Of "+all@x.ro" nothing would be left.
  const plain = ignorePlus
    ? sql`CASE WHEN ${dialect.matches(folded, '^[^+@]+\\+')} THEN ${dialect.remove(folded, '\\+[^@]*')} ELSE ${folded} END`
    : folded;
  if (!ignoreDots) return plain;
  const local = dialect.remove(dialect.remove(plain, '@.*$'), '\\.');
  return sql`CASE WHEN ${dialect.matches(plain, '@(gmail|googlemail)\\.com$')} AND ${local} <> ''
    THEN ${local} || '@gmail.com' ELSE ${plain} END`;
}

/** ISO 8601, or day, month and year with dots or hyphens; with slashes nobody knows which is the month. */
function dateOfText(dialect: Dialect, value: Sql): Sql {
  const text = dialect.trimBlanks(value);
  const patterns = ['%d.%m.%Y', '%d-%m-%Y'].map((pattern) =>
    dialect.tryCast(dialect.parseTime(text, pattern), 'date'),
  );
  return sql`coalesce(${dialect.tryCast(text, 'date')}, ${patterns[0] as Sql}, ${patterns[1] as Sql})`;
}

/** A value as people write it. */
export function asText(dialect: Dialect, value: Sql, type: ColumnType): Sql {
  return type === 'number' ? dialect.numberText(value) : sql`CAST(${value} AS ${typeRef(dialect, 'text')})`;
}

function filled(text: Sql): Sql {
  return sql`nullif(${text}, '')`;
}
