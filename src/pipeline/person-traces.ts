import { inputError } from '../base/errors.ts';
import type { SourceId } from '../base/ids.ts';
import { exportedLinks } from '../exports/forget-addresses.ts';
import { findPeople } from '../profiles/profile-search.ts';
import { splitColumnPath } from '../segments/relationship-config.ts';
import { loadedSources } from '../sources/loaded-source.ts';
import { findPersonRows, type PersonRows } from '../sources/person-rows.ts';
import type { ColumnPlace, RowLinks } from '../sources/row-links.ts';
import { emailAttributes } from '../unify/email-attributes.ts';
import {
  addressesOfCustomers,
  customersOf,
  customersOfRecords,
  livingAmong,
  previousIdsOf,
  recordsOfCustomers,
} from '../unify/person-ids.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { Settings } from './settings.ts';

/** Everything by which this installation knows somebody. */
export interface FoundPerson {
  /** Folded; the one that was asked for is among them. */
  addresses: string[];
  /** Ids they have and had. */
  customers: string[];
  /** Those of the ids that have a profile: more than one where people share an address. */
  profiles: string[];
  rows: PersonRows;
}

/** By which columns rows of sources are known for somebody's: from unification, exports and relationships. */
export function rowLinksOf({ unify, exports, relationships }: Settings): RowLinks {
  const isEmail = emailAttributes(unify ?? {});
  const matched = new Set([...exports.values()].map(({ match }) => match.email.toLowerCase()));
  const addressColumns = new Map<SourceId, string[]>();
  for (const { source, attributes } of unify?.sources ?? []) {
    const columns = Object.entries(attributes)
      .filter(([attribute]) => isEmail(attribute) || matched.has(attribute.toLowerCase()))
      .map(([, column]) => column);
    const id = source as SourceId;
    addressColumns.set(id, [...(addressColumns.get(id) ?? []), ...columns]);
  }
  return {
    addressColumns,
    pointers: [...relationships.values()].map(({ from, to }) => ({ from: place(from), to: place(to) })),
  };
}

function place(path: string): ColumnPlace {
  const { source, column } = splitColumnPath(path);
  return { source: source as SourceId, column };
}

/**
 * Finds everybody behind an address or a customer id, and all that hangs on them. An address that nobody knows gives
 * itself and nothing else.
 * @param known more addresses of theirs, folded
 * @throws `input` / `person_unknown` for what is neither an address nor somebody's id
 */
export async function findTraces(
  parts: PipelineParts,
  text: string,
  known: readonly string[] = [],
): Promise<FoundPerson> {
  return text.includes('@')
    ? followTraces(parts, { addresses: [...known, foldAddress(text)], customers: [] })
    : followTraces(parts, { addresses: known, customers: await findPeopleById(parts.engine, text) });
}

/**
 * Follows what is known of somebody until nothing more is found: other addresses, records, rows that point to
 * those, and whoever else has one of the addresses now. An address that somebody had once and only
 * somebody else has now is no longer theirs.
 */
export async function followTraces(
  { engine, settings }: PipelineParts,
  start: { addresses: readonly string[]; customers: readonly string[] },
): Promise<FoundPerson> {
  const loads = await loadedSources(engine);
  const links = rowLinksOf(settings);
  const addresses = new Set(start.addresses);
  const customers = new Set(start.customers);
  for (;;) {
    const before = addresses.size + customers.size;
    for (const id of await customersOf(engine, [...addresses])) customers.add(id);
    for (const id of await previousIdsOf(engine, [...customers])) customers.add(id);
    for (const address of await addressesOfCustomers(engine, [...customers])) addresses.add(address);
    await followExports();
    const records = await recordsOfCustomers(engine, [...customers]);
    const rows = await findPersonRows(engine, loads, { records, addresses: [...addresses] }, links);
    for (const id of await customersOfRecords(engine, rows.records)) customers.add(id);
    if (addresses.size + customers.size > before) continue;
    return {
      addresses: [...addresses].toSorted(),
      customers: [...customers].toSorted(),
      profiles: await livingAmong(engine, [...customers]),
      rows,
    };
  }

  async function followExports(): Promise<void> {
    const linked = await exportedLinks(engine, { addresses: [...addresses], customers: [...customers] });
    const living = new Set(await livingAmong(engine, linked.customers));
    for (const id of linked.customers) if (!living.has(id)) customers.add(id);
    for (const address of linked.addresses) {
      const owners = await customersOf(engine, [address]);
      if (owners.length === 0 || owners.some((owner) => customers.has(owner))) addresses.add(address);
    }
  }
}

async function findPeopleById(engine: PipelineParts['engine'], text: string): Promise<string[]> {
  const people = await findPeople(engine, text);
  if (people.length > 0) return people;
  throw inputError(
    'person_unknown',
    'This is neither an e-mail address nor the id of somebody here.',
    'Give the address of the person, also when nobody here has it.',
  );
}

/** As the engine and Mailchimp fold addresses. */
export function foldAddress(address: string): string {
  return address.trim().toLowerCase();
}
