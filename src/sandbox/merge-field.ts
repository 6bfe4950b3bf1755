export const mergeFieldTypes = [
  'text',
  'number',
  'address',
  'phone',
  'date',
  'url',
  'imageurl',
  'radio',
  'dropdown',
  'birthday',
  'zip',
] as const;
export type MergeFieldType = (typeof mergeFieldTypes)[number];

export interface MergeFieldOptions {
  choices: string[];
  dateFormat: string;
  phoneFormat: string;
}

/** One field of an audience. */
export interface MergeField {
  readonly id: number;
  /** Where its value lies in `Member.values`; never used again after the field is gone. */
  readonly position: number;
  tag: string;
  name: string;
  /** Cannot change: Mailchimp wants the field to be made anew (FACTS §7). */
  readonly type: MergeFieldType;
  required: boolean;
  public: boolean;
  defaultValue: string;
  displayOrder: number;
  helpText: string;
  options: MergeFieldOptions;
}

/** What a field is made from; everything but name and type has a default. */
export interface MergeFieldSettings {
  name: string;
  type: MergeFieldType;
  tag?: string | undefined;
  required?: boolean | undefined;
  public?: boolean | undefined;
  defaultValue?: string | undefined;
  helpText?: string | undefined;
  choices?: string[] | undefined;
  dateFormat?: string | undefined;
  phoneFormat?: string | undefined;
}

/** The fields of one audience, by tag. `EMAIL` is not among them, as in Mailchimp's own list. */
export class MergeFields {
  #fields = new Map<string, MergeField>();
  /** The same fields as a list: read for every member of every answer. */
  #list: readonly MergeField[] = [];
  #last = 0;

  get size(): number {
    return this.#fields.size;
  }

  /** @param tag of any case: Mailchimp keeps tags in capitals */
  byTag(tag: string): MergeField | undefined {
    return this.#fields.get(tag) ?? this.#fields.get(tag.toUpperCase());
  }

  /** `EMAIL` is the address itself, which webhooks and campaigns have among the fields. */
  isFree(tag: string): boolean {
    return tag.toUpperCase() !== 'EMAIL' && this.byTag(tag) === undefined;
  }

  byId(id: number): MergeField | undefined {
    return this.all().find((field) => field.id === id);
  }

  all(): readonly MergeField[] {
    return this.#list;
  }

  /** Adds a field under a tag that is free; without a tag one is derived from the name (FACTS §7). */
  add(settings: MergeFieldSettings): MergeField {
    const id = ++this.#last;
    const field: MergeField = {
      id,
      position: id - 1,
      tag: settings.tag?.toUpperCase() || this.#freeTag(settings.name, id),
      name: settings.name,
      type: settings.type,
      required: settings.required ?? false,
      public: settings.public ?? false,
      defaultValue: settings.defaultValue ?? '',
      displayOrder: id + 1,
      helpText: settings.helpText ?? '',
      options: {
        choices: settings.choices ?? [],
        dateFormat: settings.dateFormat ?? (settings.type === 'birthday' ? 'MM/DD' : 'MM/DD/YYYY'),
        phoneFormat: settings.phoneFormat ?? 'none',
      },
    };
    this.#keep(field);
    return field;
  }

  rename(field: MergeField, tag: string): void {
    this.#fields.delete(field.tag);
    field.tag = tag.toUpperCase();
    this.#keep(field);
  }

  remove(field: MergeField): void {
    this.#fields.delete(field.tag);
    this.#list = [...this.#fields.values()];
  }

  #keep(field: MergeField): void {
    this.#fields.set(field.tag, field);
    this.#list = [...this.#fields.values()];
  }

  #freeTag(name: string, id: number): string {
    const derived = name
      .toUpperCase()
      .replace(/[^A-Z0-9_]/g, '')
      .slice(0, 10);
    if (derived !== '' && this.isFree(derived)) return derived;
    let number = id;
    while (!this.isFree(`MMERGE${number}`)) number++;
    return `MMERGE${number}`;
  }
}

/** At most ten of A–Z, 0–9 and the underscore (FACTS §7). */
export function isMergeTag(text: string): boolean {
  return /^[A-Z0-9_]{1,10}$/i.test(text);
}

/** What a new audience in Mailchimp has from the start. */
export const defaultMergeFields: MergeFieldSettings[] = [
  { tag: 'FNAME', name: 'First Name', type: 'text', public: true },
  { tag: 'LNAME', name: 'Last Name', type: 'text', public: true },
  { tag: 'ADDRESS', name: 'Address', type: 'address' },
  { tag: 'PHONE', name: 'Phone Number', type: 'phone' },
  { tag: 'BIRTHDAY', name: 'Birthday', type: 'birthday' },
];
