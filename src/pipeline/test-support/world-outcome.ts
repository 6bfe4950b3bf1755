import type { TestPerson } from './test-line.ts';
import {
  fold,
  isMailable,
  told,
  wantedFields,
  wantedTags,
  type Books,
  type Contacts,
  type Rows,
} from './world-books.ts';

/** What is there when a run has succeeded. */
export interface Outcome {
  rows: Rows;
  contacts: Contacts;
  /** Why the run left people out, by address. */
  reasons: ReadonlyMap<string, string>;
  leaversKeepTags: boolean;
}

/**
 * Whoever does not hold exactly what is wanted after a run and was not left out for a reason that is true, and whoever
 * keeps a tag of ours that nobody wants.
 */
export function notAsWanted(books: Books, outcome: Outcome): string[] {
  const wanting = [...outcome.rows].filter(
    ([id, row]) => !holdsAll(books, row, outcome.contacts) && !isLeftOutRightly(books, id, row, outcome),
  );
  const unmet = wanting.map(([, row]) => {
    const mine = contactsOf(books, row, outcome.contacts).map((contact) => told(contact));
    return `${row.email} is not as wanted: ${mine.join(' ')}`;
  });
  return [...unmet, ...(outcome.leaversKeepTags ? [] : tagsTooMany(books, outcome))];
}

function contactsOf(books: Books, row: TestPerson, contacts: Contacts) {
  return [...contacts].filter(([id]) => books.concerns(row, id)).map(([, contact]) => contact);
}

function holdsAll(books: Books, row: TestPerson, contacts: Contacts): boolean {
  return contactsOf(books, row, contacts).some(
    (contact) =>
      isMailable(contact) &&
      Object.entries(wantedFields(row)).every(([tag, value]) => contact.mergeFields[tag] === value) &&
      wantedTags(row).every((tag) => contact.tags.includes(tag)),
  );
}

function isLeftOutRightly(
  books: Books,
  id: string,
  row: TestPerson,
  { rows, contacts, reasons }: Outcome,
): boolean {
  const mine = contactsOf(books, row, contacts);
  const names = [fold(row.email), ...mine.map(({ address }) => fold(address))];
  const allNames = [...books.peopleBehind(fold(row.email)), ...books.names(id)];
  const hasOnceLeft = allNames.some((name) => books.onceLeft.has(name));
  const reason = names.map((name) => reasons.get(name)).find((each) => each !== undefined);
  switch (reason) {
    case 'unsubscribed':
      return hasOnceLeft || mine.some(({ status }) => status === reason);
    case 'cleaned':
    case 'pending':
    case 'archived':
      return mine.some(({ status }) => status === reason);
    case 'left_under_other_address':
      return hasOnceLeft || allNames.some((name) => books.onceDeleted.has(name));
    case 'duplicate_address':
      return [...rows.values()].some((other) => other !== row && allNames.includes(fold(other.email)));
    case 'deleted':
    case 'compliance':
      return !mine.some((contact) => isMailable(contact));
    default:
      return allNames.some((name) => books.erased.has(name));
  }
}

function tagsTooMany(books: Books, { rows, contacts }: Outcome): string[] {
  return [...contacts].flatMap(([id, contact]) => {
    const wanting = [...rows.values()].filter((row) => books.concerns(row, id));
    const tooMany = contact.tags.filter(
      (tag) => books.given.has(`${id} ${tag}`) && !wanting.some((row) => wantedTags(row).includes(tag)),
    );
    return isMailable(contact) ? tooMany.map((tag) => `keeps ${tag}: ${told(contact)}`) : [];
  });
}
