import type { Engine } from '../engine/engine.ts';
import { join, name, sql } from '../engine/sql.ts';
import { readProfileShape } from '../profiles/profile-shape.ts';
import { validAddress } from './address-rule.ts';

/** An attribute of the profiles, and how much there is of it. */
export interface MatchingAttribute {
  name: string;
  type: string;
  /** Of the profiles, 0 to 1. */
  filled: number;
  /** Of those that are filled, 0 to 1: addresses that may be sent. Null: holds no addresses. */
  valid: number | null;
}

/** Which attributes to map, for somebody to agree with or not. */
export interface MatchingProposal {
  profiles: number;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  attributes: MatchingAttribute[];
}

const firstNames = /^(first|given|fore)[ _-]?name$|^prenume/i;
const lastNames = /^(last|family|sur)[ _-]?name$|^nume(le)?([ _-]de[ _-]familie)?$/i;

/**
 * Counts every attribute once, in one pass over the profiles, and proposes the address that most people have.
 * @throws `configuration` / `no_profiles`
 */
export async function proposeMatching(engine: Engine): Promise<MatchingProposal> {
  const { attributes, emails } = await readProfileShape(engine);
  const counts = attributes.map((attribute, n) => {
    const value = name(attribute.name);
    const filled = sql`count(${value}) AS ${name(`filled${n}`)}`;
    if (!emails.includes(attribute.name)) return filled;
    const valid = validAddress(engine.dialect, engine.dialect.foldAddress(value));
    return sql`${filled}, count(*) FILTER (WHERE ${valid}) AS ${name(`valid${n}`)}`;
  });
  const [row = {}] = await engine.rows<Record<string, number>>(
    sql`SELECT ${join([sql`count(*) AS profiles`, ...counts])} FROM profile.profile`,
  );
  const profiles = row.profiles ?? 0;
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  const counted = attributes.map((attribute, n): MatchingAttribute => {
    const filled = row[`filled${n}`] ?? 0;
    return {
      name: attribute.name,
      type: attribute.type,
      filled: share(filled, profiles),
      valid: emails.includes(attribute.name) ? share(row[`valid${n}`] ?? 0, filled) : null,
    };
  });
  const [email] = counted
    .filter(({ valid }) => valid !== null)
    .toSorted((one, other) => usable(other) - usable(one));
  const find = (pattern: RegExp) => counted.find((each) => pattern.test(each.name))?.name ?? null;
  return {
    profiles,
    email: email?.name ?? null,
    firstName: find(firstNames),
    lastName: find(lastNames),
    attributes: counted,
  };
}

function usable({ filled, valid }: MatchingAttribute): number {
  return filled * (valid ?? 0);
}
