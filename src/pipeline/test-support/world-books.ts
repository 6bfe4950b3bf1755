import type { MemberState } from '../../sandbox/audience-state.ts';
import type { TestPerson } from './test-line.ts';

/** The rows of the source, by id. */
export type Rows = ReadonlyMap<string, TestPerson>;

/** What Mailchimp holds, by the id that contacts keep. */
export type Contacts = ReadonlyMap<string, MemberState>;

/** What a command of ours may do: bring the audience to these rows, take a run back, or erase people of these addresses. */
export type Aim =
  | { kind: 'export'; rows: readonly Rows[] }
  | { kind: 'undo' }
  | { kind: 'forget'; addresses: ReadonlySet<string> }
  | { kind: 'nothing' };

/** Tags of ours by name, and who is to have them. */
const ourTags: Readonly<Record<string, (row: TestPerson) => boolean>> = {
  Everyone: () => true,
  Buyers: (row) => row.buyer === 'yes',
};

export const fold = (address: string): string => address.trim().toLowerCase();

export function wantedTags(row: TestPerson): string[] {
  return Object.keys(ourTags).filter((tag) => ourTags[tag]?.(row) === true);
}

export function wantedFields(row: TestPerson): Record<string, string> {
  const all = { FNAME: row.first ?? '', LNAME: row.last ?? '', CITY: row.city ?? '' };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

export const isMailable = ({ status }: MemberState): boolean =>
  status === 'subscribed' || status === 'transactional';

/**
 * What an onlooker knows who sees all of Mailchimp after every event: who has left, what came into being through us and
 * which tags we gave. From it follows what no command of ours may ever do.
 */
export class Books {
  /** Contacts that we made; those that are in the archive because of us; tags that we gave, as `contact tag`. */
  readonly made = new Set<string>();
  readonly archived = new Set<string>();
  readonly given = new Set<string>();
  /** Addresses of people who were seen to have left, until they come back by themselves. */
  readonly left = new Set<string>();
  /** The same, with those who came back. */
  readonly onceLeft = new Set<string>();
  /** Addresses whose contact somebody deleted for good: whom Mailchimp refuses for that has left, too. */
  readonly onceDeleted = new Set<string>();
  readonly erased = new Set<string>();
  /** Every address that a row had, by its id, and that a contact had, by its id. */
  readonly addressesOf = new Map<string, Set<string>>();

  /** Every address by which a contact was ever known. */
  names(contact: string): ReadonlySet<string> {
    return this.addressesOf.get(contact) ?? new Set();
  }

  note(rows: Rows, contacts: Contacts): void {
    const known = (id: string, address: string) => {
      if (address !== '') this.addressesOf.set(id, new Set([...this.names(id), fold(address)]));
    };
    for (const [id, row] of rows) known(id, row.email);
    for (const [id, contact] of contacts) {
      known(id, contact.address);
      if (contact.status !== 'archived') this.archived.delete(id);
      if (contact.status === 'subscribed') for (const name of this.names(id)) this.left.delete(name);
    }
  }

  /** What a command of ours has read is known to it from then on. */
  noteRead(contacts: Contacts): void {
    for (const contact of contacts.values())
      if (contact.status === 'unsubscribed') {
        this.left.add(fold(contact.address));
        this.onceLeft.add(fold(contact.address));
      }
    for (const given of this.given) {
      const [id = '', tag = ''] = given.split(' ');
      if (contacts.get(id)?.tags.includes(tag) !== true) this.given.delete(given);
    }
  }

  /** Whether a row speaks of a contact: by its address of now, or one of before. */
  concerns(row: TestPerson, contact: string): boolean {
    return this.names(contact).has(fold(row.email));
  }

  /** All addresses by which a person is or was known, as a source has them and as Mailchimp changed them. */
  peopleBehind(address: string): ReadonlySet<string> {
    const found = new Set([address]);
    for (let size = 0; size !== found.size;) {
      size = found.size;
      for (const names of this.addressesOf.values())
        if ([...names].some((name) => found.has(name))) for (const name of names) found.add(name);
    }
    return found;
  }

  /** What a command did that it must not have done; notes what it did rightly. */
  judge(before: Contacts, after: Contacts, aim: Aim): string[] {
    const gone = [...before].filter(([id]) => !after.has(id));
    const found = gone.flatMap(([id, contact]) =>
      aim.kind === 'forget' && this.#anyOf(id, aim.addresses) ? [] : [`deleted ${contact.address}`],
    );
    for (const [id, contact] of after) {
      const was = before.get(id);
      const problems =
        was === undefined ? this.#newContact(id, contact, before, aim) : this.#change(id, was, contact, aim);
      found.push(...problems.map((problem) => `${problem}: ${told(was)} → ${told(contact)}`));
    }
    return found;
  }

  #anyOf(contact: string, addresses: ReadonlySet<string>): boolean {
    return [...this.names(contact)].some((name) => addresses.has(name));
  }

  #newContact(id: string, contact: MemberState, before: Contacts, aim: Aim): string[] {
    const address = fold(contact.address);
    this.made.add(id);
    for (const tag of contact.tags) this.given.add(`${id} ${tag}`);
    if (aim.kind !== 'export') return [`made by ${aim.kind}`];
    const out = new Set(this.left);
    for (const each of before.values()) if (each.status === 'unsubscribed') out.add(fold(each.address));
    const wanted = aim.rows.flatMap((rows) => [...rows].filter(([, row]) => fold(row.email) === address));
    const found: string[] = [];
    if (wanted.length === 0) found.push('made, and nobody wants it');
    if (this.erased.has(address)) found.push('made, and erased before');
    if (wanted.every(([row]) => [...this.names(row)].some((name) => out.has(name)) || out.has(address)))
      found.push('made for somebody who has left');
    if (contact.status !== 'subscribed') found.push('made in another status');
    const fits = ([, row]: [string, TestPerson]) => isSubset(wantedFields(row), contact.mergeFields);
    if (!wanted.some(fits)) found.push('made with other fields');
    return found;
  }

  #change(id: string, was: MemberState, is: MemberState, aim: Aim): string[] {
    const found = this.#statusChange(id, was, is, aim);
    const backFromUs = was.status === 'archived' && isMailable(is);
    const wanted =
      aim.kind === 'export'
        ? aim.rows.flatMap((rows) =>
            [...rows.values()].filter(
              (row) => this.concerns(row, id) || fold(row.email) === fold(is.address),
            ),
          )
        : [];
    if (fold(was.address) !== fold(is.address)) {
      if (was.status !== 'subscribed' || !this.made.has(id)) found.push('moved, and must not be');
      if (aim.kind === 'export' && !wanted.some((row) => fold(row.email) === fold(is.address)))
        found.push('moved to where nobody is wanted');
      if (aim.kind === 'forget' || aim.kind === 'nothing') found.push(`moved by ${aim.kind}`);
    }
    for (const [tag, value] of Object.entries(is.mergeFields)) {
      if (value === was.mergeFields[tag]) continue;
      if (!isMailable(was) && !backFromUs) found.push(`${tag} of somebody held back changed`);
      if (aim.kind === 'undo') continue;
      if (!wanted.some((row) => wantedFields(row)[tag] === value)) found.push(`${tag} is what nobody wants`);
    }
    for (const tag of is.tags.filter((each) => !was.tags.includes(each))) {
      this.given.add(`${id} ${tag}`);
      if (!Object.hasOwn(ourTags, tag)) found.push(`got the tag ${tag}`);
      else if (aim.kind !== 'undo' && !wanted.some((row) => wantedTags(row).includes(tag)))
        found.push(`got ${tag}, which nobody wants`);
    }
    for (const tag of was.tags.filter((each) => !is.tags.includes(each)))
      if (!this.given.delete(`${id} ${tag}`)) found.push(`lost ${tag}, which we did not give`);
    return found;
  }

  #statusChange(id: string, was: MemberState, is: MemberState, aim: Aim): string[] {
    if (was.status === is.status) return [];
    if (is.status === 'archived') {
      if (aim.kind === 'forget' && this.#anyOf(id, aim.addresses)) return [];
      this.archived.add(id);
      if (!isMailable(was)) return ['archived, though held back'];
      return this.made.has(id) && aim.kind !== 'nothing' ? [] : ['archived, and not ours'];
    }
    const ours = this.archived.delete(id) && isMailable(is) && !this.#anyOf(id, this.left);
    return ours && !this.#anyOf(id, this.erased) ? [] : ['came back by us'];
  }
}

function isSubset(some: Readonly<Record<string, string>>, all: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(some).every(([key, value]) => all[key] === value);
}

/** A contact in one line. */
export function told(contact: MemberState | undefined): string {
  if (contact === undefined) return 'nobody';
  const { address, status, mergeFields, tags } = contact;
  return JSON.stringify({ address, status, ...mergeFields, tags });
}
