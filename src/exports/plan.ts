import { createHash } from 'node:crypto';
import type { ExportId, RunId, SegmentId } from '../base/ids.ts';

/** Where people end who are not as wanted, and why: a short fixed list, explained in `docs/reasons.md`. */
export type Reason =
  // kept out
  | 'unsubscribed'
  | 'cleaned'
  | 'pending'
  | 'archived'
  | 'compliance'
  | 'deleted'
  | 'not_subscribed'
  | 'left_under_other_address'
  | 'moved'
  | 'address_taken'
  | 'beyond_limit'
  | 'do_not_send'
  | 'erased'
  | 'no_consent'
  | 'changed_since'
  // rejected
  | 'no_address'
  | 'invalid_address'
  | 'duplicate_address'
  | 'fake_address'
  | 'duplicate'
  | 'bad_field'
  // failed
  | 'signup_throttled'
  | 'already_member'
  | 'schema_mismatch'
  | 'not_found'
  | 'cannot_remove'
  | 'unknown'
  | 'not_answered'
  | 'not_mentioned'
  | 'not_sent';

export type RunStatus = 'planned' | 'stopped' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export type Counts = Record<string, number>;

/**
 * People of a run, each counted once:
 * `desired = add + update + unchanged + Σ keptOut + Σ rejected + Σ failed`; `leave` is counted apart.
 */
export interface PeopleCounts {
  desired: number;
  add: number;
  update: number;
  unchanged: number;
  keptOut: Counts;
  rejected: Counts;
  failed: Counts;
  leave: number;
}

/** Operations of a run: one person may have several. */
export interface ChangeCounts {
  fields: number;
  tag: number;
  untag: number;
  archive: number;
  /** Contacts that get another address. Absent: none. */
  moves?: number;
}

export interface Brake {
  code: string;
  message: string;
  /** The numbers in the message. Absent in runs from before they were kept. */
  figures?: Readonly<Record<string, number>>;
}

/** A merge field that the run makes before it sends anybody. */
export interface NewField {
  tag: string;
  /** What people see in Mailchimp. */
  name: string;
  type: string;
  /** Of radio and dropdown fields. */
  choices?: readonly string[];
}

/** People whose profile has a value that a field does not take, or not whole. */
export interface FieldProblem {
  field: string;
  kind: string;
  /** In words, as in "is not a number". */
  what: string;
  /** Whether these people are rejected; otherwise the value is cut or left out. */
  rejects: boolean;
  people: number;
  /** Of the wanted people, 0 to 1. */
  share: number;
}

/** Contacts that count for Mailchimp's bill, now and when all new ones are in. */
export interface ContactMeter {
  audience: { now: number; after: number };
  /** Over all audiences of the account. */
  account: { now: number; after: number };
  /** What the contract allows, as the operator says; null: not said. */
  limit: number | null;
}

/** Something in a run that somebody should look at, though the run went on. */
export interface RunAlert {
  /**
   * `unknown_answer`: Mailchimp refused people in words nobody knows; `race_open`: people who left during the run
   * were brought back by it, and could not be put out again yet.
   */
  code: 'unknown_answer' | 'race_open';
  /** What Mailchimp said, without addresses, or what happened. */
  text: string;
  people: number;
  /** Of the people the run sent, 0 to 1. */
  share: number;
}

/** A segment's tag in this audience, as the plan found it. */
export interface PlannedTag {
  segment: SegmentId;
  /** The name it should have: the segment's. */
  name: string;
  /** The name it has in the audience now; differs from `name` when the segment was renamed. */
  heldAs: string;
  /** Absent: the run makes it. */
  tagId?: number;
  origin: 'made' | 'adopted';
}

/** What a run is for: to bring the audience to the segments, to take a run back, or to take our tags away. */
export type RunKind = 'export' | 'undo' | 'withdraw';

/** A run with its plan's summary; the people are rows of `export.plan_person`. */
export interface ExportRun {
  run: RunId;
  /** Absent in runs of before: `export`. */
  kind?: RunKind;
  /** Of an undo: the run that it takes back. */
  undoes?: RunId;
  /** When its people were removed because of their age; from then on only the counts are left. */
  trimmedAt?: string;
  export: ExportId;
  /** Which audience of which account: the ledger's key. */
  audience: string;
  /** Mailchimp's id of it. */
  audienceId: string;
  status: RunStatus;
  madeAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  people: PeopleCounts;
  changes: ChangeCounts;
  requests: number;
  retries: number;
  seconds: number;
  brake: Brake | null;
  warnings: string[];
  tags: PlannedTag[];
  leavers: 'untag' | 'archive' | 'keep';
  newContacts: 'subscribed' | 'pending' | 'transactional';
  /** Merge field → its type, of all mapped ones. Absent in older runs, like all that may be absent here. */
  fieldTypes?: Readonly<Record<string, string>>;
  /** Merge fields to be made. */
  newFields?: readonly NewField[];
  /** Mailchimp is told to take people without values for required fields. */
  skipRequired?: boolean;
  fieldProblems?: readonly FieldProblem[];
  contacts?: ContactMeter;
  /** People who get a tag: automations in Mailchimp may start for them. */
  tagged?: number;
  /** What the plan stands on; a run over other ground is refused. */
  ground: string;
  requestedBy: string;
  limit: number | null;
  release: { by: string; why: string; at: string } | null;
  /** Absent: none. */
  alerts?: readonly RunAlert[];
  /** People who left while our request for them was on its way, and were put back out. Absent: none. */
  races?: number;
  /** Of a run that goes on where another one stopped: that one. */
  continues?: RunId;
  /** Set when a run ended without success. */
  failure: { code: string; message: string; hint?: string } | null;
}

/** The sum that promise 7 is about; equals `people.desired` in every plan and every finished run. */
export function accountedFor(people: PeopleCounts): number {
  const sum = (counts: Counts) => Object.values(counts).reduce((total, n) => total + n, 0);
  return (
    people.add +
    people.update +
    people.unchanged +
    sum(people.keptOut) +
    sum(people.rejected) +
    sum(people.failed)
  );
}

/** A digest of what a plan stands on: key order does not matter, values do. */
export function groundOf(facts: unknown): string {
  return createHash('sha256').update(canonicalJson(facts)).digest('hex').slice(0, 32);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
