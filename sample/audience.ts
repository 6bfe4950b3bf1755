import { dateText } from './time-text.ts';
import { personAt } from './person.ts';
import { randomAt, stream } from './random.ts';
import { crmRecords, shopRecord } from './records.ts';
import type { SampleShop } from './shop.ts';
import { storyOf, type SampleWorld } from './world.ts';

/** A contact as a Mailchimp audience holds it. */
export interface SampleMember {
  address: string;
  /** `unsubscribed`: by the person's own hand; `cleaned`: by bounces. */
  status: 'subscribed' | 'unsubscribed' | 'cleaned';
  mergeFields: Record<string, string>;
  tags: string[];
}

/** The fields that the audience needs before its members can be put in; FNAME and LNAME every audience has. */
export const sampleMergeFields = [
  { tag: 'COMPANY', name: 'Company', type: 'text' },
  { tag: 'GUESTSINCE', name: 'Guest since', type: 'date' },
] as const;

/** The tag of people who are none of ours: an export must leave them and it alone. */
export const foreignTag = 'Gala 2025';

const dayMs = 86_400_000;

/**
 * What the audience holds before the first export, as if another tool and years of newsletters had filled it:
 * guests of a gala who are not in the shop (3 people for 100 of the shop), people of the shop who are subscribed
 * already under tags of their own (8 of 100), who unsubscribed (2) and who bounced (0.6).
 * Always as at the beginning, whatever happened in the shop since.
 */
export async function* sampleAudience(shop: Pick<SampleShop, 'world'>): AsyncGenerator<SampleMember> {
  const { world } = shop;
  for (let index = 0, end = Math.ceil(world.people * 0.03); index < end; index += 1)
    yield guest(world, index);
  yield* membersFromShop(world);
}

/** The addresses, in lower case, of people of the shop who unsubscribed or bounced: none may be subscribed again. */
export function* keptOutAddresses(shop: Pick<SampleShop, 'world'>): Generator<string> {
  for (const member of membersFromShop(shop.world)) {
    if (member.status !== 'subscribed') yield member.address.toLowerCase();
  }
}

function* membersFromShop(world: SampleWorld): Generator<SampleMember> {
  const beginning = { ...world, days: [] };
  for (let index = 0; index < world.people; index += 1) {
    const member = memberFromShop(beginning, index);
    if (member !== undefined) yield member;
  }
}

/** People come in with the address that stands in a file, never with another's, and not with a fake one. */
function memberFromShop(world: SampleWorld, index: number): SampleMember | undefined {
  const random = randomAt(world.seed, index, stream.audience);
  const lot = random.next();
  if (lot >= 0.106) return undefined;
  const { person } = storyOf(world, index);
  if (person.addressKind === 'family' || person.addressKind === 'fake') return undefined;
  const records = [...crmRecords(world.seed, person), shopRecord(world.seed, person)];
  if (!records.some((record) => record?.mail.kind === 'usable')) return undefined;

  // Mailchimp keeps the letter case in which an address came first.
  const address = random.chance(0.1) ? person.address.toUpperCase() : person.address;
  const named = { FNAME: person.first, LNAME: person.last };
  if (lot < 0.006) return { address, status: 'cleaned', mergeFields: named, tags: [] };
  if (lot < 0.026) return { address, status: 'unsubscribed', mergeFields: named, tags: ['Summer sale'] };
  const stale = random.chance(0.3) ? { FNAME: person.first.slice(0, 1), LNAME: '' } : named;
  const tags = random.chance(0.4) ? ['Summer sale'] : random.chance(0.3) ? ['Summer sale', 'VIP'] : [];
  return { address, status: 'subscribed', mergeFields: stale, tags };
}

function guest(world: SampleWorld, index: number): SampleMember {
  const random = randomAt(world.seed, index, stream.foreign);
  const seed = random.below(2 ** 31);
  const person = personAt(seed, index * 2, { from: world.now - 400 * dayMs, to: world.now });
  const [local] = person.address.split('@');
  return {
    address: `${local}@gala${index}.test`,
    status: random.chance(0.05) ? 'unsubscribed' : 'subscribed',
    mergeFields: {
      FNAME: person.first,
      LNAME: person.last,
      COMPANY: random.pick(['Atelier 5', 'Nordlys ApS', 'Țesătoria Mică', 'Kanzlei Weiß & Co.']),
      GUESTSINCE: dateText(person.since),
    },
    tags: [foreignTag],
  };
}
