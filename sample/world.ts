import { laterOrder, ordersOf, type Order } from './orders.ts';
import { personAt, type Period, type Person } from './person.ts';
import { randomAt, stream, type Random } from './random.ts';

/** All that decides what the files hold. Plain data: it can be stored and the shop made again from it. */
export interface SampleWorld {
  seed: number;
  /** People at the beginning; those who came later are counted by the days. */
  people: number;
  /** The beginning, in ms since 1970: nothing in the first files is newer. */
  now: number;
  /** Orders of a shop customer on average. */
  ordersPerCustomer: number;
  /** What happened since, in order. */
  days: readonly SampleDay[];
}

/** A time in which things changed. Shares go from 0 to 1; see `ChangeShares`. */
export interface SampleDay extends Period {
  /** New people. */
  joined: number;
  /** The number of the one who has a new address from now on. */
  readdressed: number | undefined;
  shares: ChangeShares;
}

/**
 * The share of people (0 to 1) drawn for each change. Drawn people to whom it cannot happen stay as they are:
 * who is not in the shop does not order.
 */
export interface ChangeShares {
  /** Another last name, in the CRM and the shop. */
  renamed: number;
  /** Another city, in the CRM. */
  moved: number;
  /** Consent true → false, in the CRM. */
  withdrew: number;
  /** One more order. */
  ordered: number;
  /** No longer in the CRM nor the shop; the orders stay, as shops keep them. */
  left: number;
}

const changes = ['renamed', 'moved', 'withdrew', 'ordered', 'left'] as const satisfies (keyof ChangeShares)[];

/** What a day did to one person. */
export type Fate = keyof ChangeShares | 'readdressed' | 'joined';

/** A person as of the last day. */
export interface Story {
  person: Person;
  /** Left on some day. */
  gone: boolean;
  orders: Order[];
  /** What the last day did; undefined: nothing. */
  fate: Fate | undefined;
}

const fourYearsMs = 4 * 365.25 * 86_400_000;

/** How many people there have ever been, those who left included. */
export function peopleEver(world: SampleWorld): number {
  return world.days.reduce((sum, day) => sum + day.joined, world.people);
}

/** The person of this number (from 0, less than `peopleEver`) after all days. */
export function storyOf(world: SampleWorld, index: number): Story {
  let people = world.people;
  let story =
    index < people
      ? begin(world, index, { from: world.now - fourYearsMs, to: world.now }, undefined)
      : undefined;
  for (const [number, day] of world.days.entries()) {
    people += day.joined;
    if (story !== undefined) story = live(world, story, number, day);
    else if (index < people) story = begin(world, index, day, 'joined');
  }
  if (story === undefined) throw new RangeError(`There is no person ${index} in this sample.`);
  return story;
}

function begin(world: SampleWorld, index: number, period: Period, fate: Fate | undefined): Story {
  const person = personAt(world.seed, index, period);
  return {
    person,
    gone: false,
    orders: ordersOf(world.seed, person, world.ordersPerCustomer, period.to),
    fate,
  };
}

function live(world: SampleWorld, story: Story, number: number, day: SampleDay): Story {
  const random = randomAt(world.seed, story.person.index, stream.day + number);
  const fate = fateOf(story, random.next(), day);
  const changed = day.from + random.next() * (day.to - day.from);
  const { person } = story;
  switch (fate) {
    case undefined:
    case 'joined':
      return { ...story, fate };
    case 'left':
      return { ...story, fate, gone: true };
    case 'ordered':
      return {
        ...story,
        fate,
        orders: [...story.orders, laterOrder(random, person, story.orders.length + 1, day)],
      };
    case 'renamed': {
      const last = another(random, person.country.lastNames, person.last);
      return { ...story, fate, person: { ...person, changed, last } };
    }
    case 'moved': {
      const city = another(random, person.country.cities, person.city);
      return { ...story, fate, person: { ...person, changed, city } };
    }
    case 'withdrew':
      return { ...story, fate, person: { ...person, changed, consent: false } };
    case 'readdressed': {
      const address = person.address.replace(/@.*/, `@new${number + 1}.test`);
      return { ...story, fate, person: { ...person, changed, address } };
    }
  }
}

/** At most one thing happens to a person on a day, and only what their files can show. */
function fateOf(story: Story, lot: number, day: SampleDay): Fate | undefined {
  const { person, gone } = story;
  if (gone) return undefined;
  if (person.index === day.readdressed) return 'readdressed';
  const possible: Record<keyof ChangeShares, boolean> = {
    renamed: true,
    moved: person.place !== 'shop',
    withdrew: person.place !== 'shop' && person.consent,
    ordered: person.place !== 'crm',
    left: true,
  };
  let upTo = 0;
  for (const fate of changes) {
    upTo += day.shares[fate];
    if (lot < upTo) return possible[fate] ? fate : undefined;
  }
  return undefined;
}

function another(random: Random, list: readonly string[], present: string): string {
  return random.pick(list.filter((entry) => entry !== present));
}
