import { freshTimes, settingsOfTimes, timesOf, type Times } from '../../parts/times.ts';

/** How a field is written: always, only where the audience has nothing, or always and emptied again by a blank. */
export const fieldWays = ['overwrite', 'ifEmpty', 'erase'] as const;
export type FieldWay = (typeof fieldWays)[number];

/** One field of the audience, and the attribute that fills it. */
export interface MappedField {
  tag: string;
  /** Empty: of several attributes, or not chosen yet. */
  from: string;
  way: FieldWay;
}

/** An export as somebody fills it in; everything that the form does not show is kept as it was. */
export interface Destination {
  id: string;
  name: string;
  connection: string | null;
  audience: string;
  /** The attribute that holds the e-mail address. */
  email: string;
  attributes: MappedField[];
  segments: string[];
  exclude: string[];
  newContacts: 'subscribed' | 'pending' | 'transactional';
  leavers: 'untag' | 'archive' | 'keep';
  schedule: 'refresh' | 'off' | 'own';
  /** Of its own schedule. */
  times: Times;
  /** In percent; leavers past it stop a run. */
  leaversLimit: number | '';
  /** The most people that it may have; the form shows it and does not change it. */
  peopleLimit: number;
  /** Contacts that the Mailchimp plan allows. */
  contract: number | '';
  /** The attribute that says yes. */
  consentField: string | null;
  adoptTags: boolean;
  sendSensitive: boolean;
}

export const freshDestination: Destination = {
  id: '',
  name: '',
  connection: null,
  audience: '',
  email: '',
  attributes: [],
  segments: [],
  exclude: [],
  newContacts: 'subscribed',
  leavers: 'untag',
  schedule: 'refresh',
  times: freshTimes,
  leaversLimit: 10,
  peopleLimit: 1_000_000,
  contract: '',
  consentField: null,
  adoptTags: false,
  sendSensitive: false,
};

/** Settings as the server has them: as in a workspace file. */
export type ExportSettings = Readonly<Record<string, unknown>>;

/** Reads settings into a form. */
export function destinationOf(id: string, name: string, settings: ExportSettings): Destination {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const limits = (settings.limits ?? {}) as { leavers?: unknown; people?: number; contract?: number };
  const attributes = Object.entries((settings.attributes ?? {}) as Record<string, unknown>).map(
    ([tag, from]) => ({ tag, from: sourceOf(from), way: wayOf(from) }),
  );
  return {
    id,
    name,
    connection: typeof settings.connection === 'string' ? settings.connection : null,
    audience: text(settings.audience),
    email: text((settings.match as { email?: string } | undefined)?.email),
    attributes,
    segments: texts(settings.segments),
    exclude: texts(settings.exclude),
    newContacts: (settings.newContacts as Destination['newContacts'] | undefined) ?? 'subscribed',
    leavers: (settings.leavers as Destination['leavers'] | undefined) ?? 'untag',
    ...scheduleOf(settings.schedule),
    leaversLimit: percentOf(limits.leavers),
    peopleLimit: limits.people ?? freshDestination.peopleLimit,
    contract: limits.contract ?? '',
    consentField: (settings.consent as { field?: string } | undefined)?.field ?? null,
    adoptTags: false,
    sendSensitive: false,
  };
}

/**
 * What to save.
 * @param before the settings as they were; what the form does not show stays
 * @param tags the names of the chosen segments' tags
 * @param sensitive the attributes that are marked as sensitive
 */
export function settingsOf(
  form: Destination,
  before: ExportSettings,
  tags: readonly string[],
  sensitive: readonly string[],
): Record<string, unknown> {
  const formerly = (before.attributes ?? {}) as Record<string, unknown>;
  const attributes = Object.fromEntries(
    form.attributes
      // Made of several attributes: the form shows no single one.
      .filter(
        ({ tag, from }) => tag !== '' && (from !== '' || (tag in formerly && sourceOf(formerly[tag]) === '')),
      )
      .map((field) => [field.tag, entryOf(field, formerly[field.tag])]),
  );
  const { contract: _, leavers, ...limits } = (before.limits ?? {}) as Record<string, unknown>;
  const { consent, ...rest } = before;
  // Only what is marked by now and is really sent: what is marked next year is confirmed by somebody next year.
  const sent = new Set([form.email, ...Object.values(attributes), before.language].flatMap(attributesIn));
  const confirmed = (before.sensitive ?? []) as readonly string[];
  return {
    ...rest,
    name: form.name,
    connection: form.connection,
    audience: form.audience.trim(),
    match: { email: form.email },
    attributes,
    segments: form.segments,
    exclude: form.exclude,
    newContacts: form.newContacts,
    leavers: form.leavers,
    schedule: scheduleSettings(form),
    limits: {
      ...limits,
      ...(form.leaversLimit !== ''
        ? { leavers: `${form.leaversLimit}%` }
        : // A number of people, which the field cannot show, stays; a share that was emptied goes.
          typeof leavers === 'number'
          ? { leavers }
          : {}),
      ...(form.contract === '' ? {} : { contract: form.contract }),
    },
    ...(form.consentField === null
      ? {}
      : { consent: { ...(consent as object | undefined), field: form.consentField } }),
    ...(form.adoptTags ? { adoptTags: [...tags] } : {}),
    ...(form.sendSensitive
      ? { sensitive: [...new Set([...confirmed, ...sensitive.filter((each) => sent.has(each))])] }
      : {}),
  };
}

/** When an export runs by itself, as it stands in a form. */
export function scheduleOf(schedule: unknown): Pick<Destination, 'schedule' | 'times'> {
  if (typeof schedule === 'object' && schedule !== null) return { schedule: 'own', times: timesOf(schedule) };
  return { schedule: schedule === 'off' ? 'off' : 'refresh', times: freshTimes };
}

/** What to save of it. */
export function scheduleSettings({ schedule, times }: Pick<Destination, 'schedule' | 'times'>): unknown {
  return schedule === 'own' ? settingsOfTimes(times) : schedule;
}

/** An entry under `attributes`: the attribute alone where nothing else is said of it. */
function entryOf({ tag: _, from, way }: MappedField, former: unknown): unknown {
  const { write: _write, blank: _blank, from: before, ...others } = choicesOf(former);
  const choice = way === 'ifEmpty' ? { write: way } : way === 'erase' ? { blank: way } : {};
  // What values it takes and how it is made belong to the attribute: another one may be of another kind.
  const entry = from === '' || before === from ? { from: before, ...choice, ...others } : { from, ...choice };
  return typeof entry.from === 'string' && Object.keys(entry).length === 1 ? entry.from : entry;
}

function wayOf(entry: unknown): FieldWay {
  const { write, blank } = choicesOf(entry);
  return write === 'ifEmpty' ? 'ifEmpty' : blank === 'erase' ? 'erase' : 'overwrite';
}

function choicesOf(entry: unknown): { from?: unknown; write?: string; blank?: string } {
  if (typeof entry === 'string') return { from: entry };
  return entry ?? {};
}

/** The attribute that a field is filled from; of several, none that this form can show. */
function sourceOf(entry: unknown): string {
  const { from: inner } = choicesOf(entry);
  return typeof inner === 'string' ? inner : '';
}

/** Every attribute that an entry sends: one, or those of an address. */
function attributesIn(entry: unknown): string[] {
  const { from } = choicesOf(entry);
  if (typeof from === 'string') return [from];
  return Object.values(from ?? {}).filter((each) => typeof each === 'string');
}

function percentOf(limit: unknown): number | '' {
  if (limit === undefined) return 10;
  // A number of people is no share, and stays as it is.
  if (typeof limit !== 'string') return '';
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(limit)?.[1];
  return percent === undefined ? '' : Number(percent);
}
