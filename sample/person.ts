import { countries, type Country } from './countries.ts';
import { dateText } from './time-text.ts';
import { randomAt, stream, type Random } from './random.ts';

/** What a person is in truth, before any file spells it its own way. */
export interface Person {
  /** From 0; with the seed it decides everything else. */
  index: number;
  /** The files this person is in. */
  place: 'crm' | 'shop' | 'both';
  first: string;
  last: string;
  country: Country;
  city: string;
  /** `YYYY-MM-DD` */
  born: string;
  /** Digits after the dial code. */
  phone: string;
  /** Clean and in lower case; distinct for all people but families. */
  address: string;
  /**
   * `family`: shares the address of the person before; `role`: a mailbox as info@;
   * `fake`: at example.com, which Mailchimp refuses as looking fake.
   */
  addressKind: 'personal' | 'family' | 'role' | 'fake';
  consent: boolean;
  /** Stands twice in the CRM; never for people who are in the shop alone. */
  twiceInCrm: boolean;
  /** First seen, in ms since 1970. */
  since: number;
  /** Last changed in the CRM, in ms since 1970. */
  changed: number;
}

/** The time in which a person may have come, in ms since 1970. */
export interface Period {
  from: number;
  to: number;
}

const dayMs = 86_400_000;
// Mailchimp keeps the last two out of its imports, the first two not.
const roles = ['info', 'office', 'support', 'webmaster'];

/** The person of this number: a function of its arguments alone, so people can be made in any order. */
export function personAt(seed: number, index: number, period: Period): Person {
  const random = randomAt(seed, index, stream.person);
  const lot = random.next();
  const place = lot < 0.35 ? 'both' : lot < 0.75 ? 'crm' : 'shop';
  const own = ownPart(random, index);
  const since = period.from + random.next() * (period.to - period.from);
  const person: Person = {
    index,
    place,
    ...own,
    born: dateText(period.to - (18 * 365.25 + random.next() * random.next() * 67 * 365.25) * dayMs),
    consent: random.chance(0.72),
    twiceInCrm: random.chance(0.03) && place !== 'shop',
    since,
    changed: since + random.next() * (period.to - since),
  };
  // Only odd people join a family, and only the family of the even one before: no chains to follow.
  if (index % 2 === 0 || !random.chance(0.05)) return person;
  const elder = ownPart(randomAfterPlace(seed, index - 1), index - 1);
  if (elder.addressKind !== 'personal') return person;
  const { last, country, city, address } = elder;
  return { ...person, last, country, city, address, addressKind: 'family' };
}

/** Letters without their marks, as people type them on a keyboard that lacks them. */
export function withoutMarks(text: string): string {
  const known = plainForms.get(text);
  if (known !== undefined) return known;
  const plain = text
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[ßøØłŁæÆđ]/g, (letter) => unmarked[letter] ?? letter);
  plainForms.set(text, plain);
  return plain;
}

// Called only with names and cities from the lists, so this stays small.
const plainForms = new Map<string, string>();

const unmarked: Record<string, string> = {
  ß: 'ss',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  æ: 'ae',
  Æ: 'Ae',
  đ: 'd',
};

function randomAfterPlace(seed: number, index: number): Random {
  const random = randomAt(seed, index, stream.person);
  random.next();
  return random;
}

type OwnPart = Pick<Person, 'first' | 'last' | 'country' | 'city' | 'phone' | 'address' | 'addressKind'>;

function ownPart(random: Random, index: number): OwnPart {
  const country = countryFor(random.next() * 100);
  const first = random.pick(country.firstNames);
  const last = random.pick(country.lastNames);
  const city = random.pickEarly(country.cities);
  const phone = country.mobilePrefix + String(10_000_000 + random.below(89_999_999));
  const lot = random.next();
  const addressKind = lot < 0.006 ? 'role' : lot < 0.012 ? 'fake' : 'personal';
  const local = localPart(random, first, last, index);
  const domain = random.pick(country.domains);
  const firm = `${letters(last)}${index}.test`;
  const address = {
    personal: `${local}@${domain}`,
    fake: `${local}@example.com`,
    role: `${random.pick(roles)}@${firm}`,
  }[addressKind];
  return { first, last, country, city, phone, address, addressKind };
}

function countryFor(percent: number): Country {
  let upTo = 0;
  for (const country of countries) {
    upTo += country.share;
    if (percent < upTo) return country;
  }
  throw new RangeError('The shares of the countries do not add up to 100.');
}

/** The number at the end keeps two people of one name apart; no name ends in a digit. */
function localPart(random: Random, first: string, last: string, index: number): string {
  const given = letters(first);
  const family = letters(last);
  switch (random.below(4)) {
    case 0:
      return `${given}.${family}${index}`;
    case 1:
      return `${given}${family}${index}`;
    case 2:
      return `${given.slice(0, 1)}_${family}${index}`;
    default:
      return `${family}.${given}${index}`;
  }
}

function letters(name: string): string {
  return withoutMarks(name)
    .toLowerCase()
    .replace(/[^a-z]/g, '');
}
