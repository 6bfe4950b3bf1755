import { randomAt, stream } from './random.ts';
import { crmRecords, customerNoOf, shopRecord } from './records.ts';
import { writeWorld, type SampleShop } from './shop.ts';
import {
  peopleEver,
  storyOf,
  type ChangeShares,
  type Fate,
  type SampleDay,
  type SampleWorld,
  type Story,
} from './world.ts';

export interface ChangeOptions {
  /** How much later it is. Default 3. */
  days?: number;
  /** New people as a share of those at the beginning. Default 0.005. */
  joined?: number;
  /** Who changes; what is not named keeps its default. See `defaultShares`. */
  shares?: Partial<ChangeShares>;
}

/** A person by the keys of their records. */
export interface PersonKeys {
  /** Two for people who stand twice in the CRM. */
  crmIds: string[];
  customerNo?: string;
}

export interface NewAddress extends PersonKeys {
  before: string;
  after: string;
}

/** What the change did; nothing else in the files differs. */
export interface SampleChange {
  /** The shop as it is now; its files are the ones that were there, written anew. */
  shop: SampleShop;
  people: Record<Exclude<Fate, 'readdressed'>, PersonKeys[]>;
  /** Undefined where the shop is too small to have anyone fit for it. */
  readdressed: NewAddress | undefined;
}

export const defaultShares: ChangeShares = {
  renamed: 0.003,
  moved: 0.005,
  withdrew: 0.002,
  ordered: 0.01,
  left: 0.002,
};

/**
 * Lets a few days pass: the three files are written anew with some people changed, come or gone. Can be done again
 * and again on the shop that comes back; the same calls give the same files.
 */
export async function changeSampleShop(shop: SampleShop, options: ChangeOptions = {}): Promise<SampleChange> {
  const readdressed = readdressedOf(shop.world);
  const world = withAnotherDay(shop.world, readdressed, options);
  const people: SampleChange['people'] = {
    renamed: [],
    moved: [],
    withdrew: [],
    ordered: [],
    left: [],
    joined: [],
  };
  const changed = await writeWorld(shop.folder, world, ({ person, fate }) => {
    if (fate !== undefined && fate !== 'readdressed') people[fate].push(keysOf(world, person));
  });
  if (readdressed === undefined) return { shop: changed, people, readdressed };
  const { person } = storyOf(world, readdressed);
  const before = storyOf(shop.world, readdressed).person.address;
  return {
    shop: changed,
    people,
    readdressed: { ...keysOf(world, person), before, after: person.address },
  };
}

function withAnotherDay(
  world: SampleWorld,
  readdressed: number | undefined,
  options: ChangeOptions,
): SampleWorld {
  const from = world.days.at(-1)?.to ?? world.now;
  const day: SampleDay = {
    from,
    to: from + (options.days ?? 3) * 86_400_000,
    joined: Math.round(world.people * (options.joined ?? 0.005)),
    readdressed,
    shares: { ...defaultShares, ...options.shares },
  };
  return { ...world, days: [...world.days, day] };
}

/** Somebody on a single address that stands in both files, so that the change is one address and nothing more. */
function readdressedOf(world: SampleWorld): number | undefined {
  const people = peopleEver(world);
  const start = randomAt(world.seed, world.days.length, stream.readdressed).below(people);
  for (let step = 0; step < people; step += 1) {
    const index = (start + step) % people;
    const story = storyOf(world, index);
    if (isAloneAndUsable(world, story) && !sharesWithNext(world, index, people)) return index;
  }
  return undefined;
}

function isAloneAndUsable(world: SampleWorld, { person, gone }: Story): boolean {
  if (gone || !person.consent || person.addressKind !== 'personal' || person.place !== 'both') return false;
  const records = [...crmRecords(world.seed, person), shopRecord(world.seed, person)];
  return records.every((record) => record?.mail.kind === 'usable');
}

function sharesWithNext(world: SampleWorld, index: number, people: number): boolean {
  return index + 1 >= people || storyOf(world, index + 1).person.addressKind === 'family';
}

function keysOf(world: SampleWorld, person: Story['person']): PersonKeys {
  const crmIds = crmRecords(world.seed, person).map(({ id }) => id);
  return person.place === 'crm' ? { crmIds } : { crmIds, customerNo: customerNoOf(person.index) };
}
