/** An export as somebody fills it in; everything that the form does not show is kept as it was. */
export interface Destination {
  id: string;
  name: string;
  connection: string | null;
  audience: string;
  /** The attribute that holds the e-mail address. */
  email: string;
  attributes: { tag: string; from: string }[];
  segments: string[];
  exclude: string[];
  newContacts: 'subscribed' | 'pending' | 'transactional';
  leavers: 'untag' | 'archive' | 'keep';
  schedule: 'refresh' | 'off' | 'own';
  /** In percent; leavers past it stop a run. */
  leaversLimit: number | '';
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
  leaversLimit: 10,
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
  const limits = (settings.limits ?? {}) as { leavers?: unknown; contract?: number };
  const attributes = Object.entries((settings.attributes ?? {}) as Record<string, unknown>).map(
    ([tag, from]) => ({ tag, from: sourceOf(from) }),
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
    schedule:
      typeof settings.schedule === 'object' && settings.schedule !== null
        ? 'own'
        : settings.schedule === 'off'
          ? 'off'
          : 'refresh',
    leaversLimit: percentOf(limits.leavers),
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
 */
export function settingsOf(
  form: Destination,
  before: ExportSettings,
  tags: readonly string[],
): Record<string, unknown> {
  const formerly = (before.attributes ?? {}) as Record<string, unknown>;
  const attributes = Object.fromEntries(
    form.attributes
      // Made of several attributes: the form shows no single one.
      .filter(
        ({ tag, from }) => tag !== '' && (from !== '' || (tag in formerly && sourceOf(formerly[tag]) === '')),
      )
      // How a field is written is more than its source: that stays where the source does.
      .map(({ tag, from }) => [tag, sourceOf(formerly[tag]) === from ? formerly[tag] : from]),
  );
  const { contract: _, ...limits } = (before.limits ?? {}) as Record<string, unknown>;
  const { consent, schedule, ...rest } = before;
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
    ...(form.schedule === 'own' ? { schedule } : { schedule: form.schedule }),
    limits: {
      ...limits,
      ...(form.leaversLimit === '' ? {} : { leavers: `${form.leaversLimit}%` }),
      ...(form.contract === '' ? {} : { contract: form.contract }),
    },
    ...(form.consentField === null
      ? {}
      : { consent: { ...(consent as object | undefined), field: form.consentField } }),
    ...(form.adoptTags ? { adoptTags: [...tags] } : {}),
    ...(form.sendSensitive
      ? { sensitive: [...new Set([form.email, ...form.attributes.map(({ from }) => from)])] }
      : {}),
  };
}

/** The attribute that a field is filled from; of several, none that this form can show. */
function sourceOf(from: unknown): string {
  if (typeof from === 'string') return from;
  const inner = (from as { from?: unknown } | undefined)?.from;
  return typeof inner === 'string' ? inner : '';
}

function percentOf(limit: unknown): number | '' {
  if (limit === undefined) return 10;
  // A number of people is no share, and stays as it is.
  if (typeof limit !== 'string') return '';
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(limit)?.[1];
  return percent === undefined ? '' : Number(percent);
}

/** An id for a name: what the command line and files call it. */
export function idFor(name: string): string {
  const plain = name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '');
  return plain.slice(0, 60);
}
