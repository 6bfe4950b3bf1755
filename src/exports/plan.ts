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
  | 'beyond_limit'
  | 'do_not_send'
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
}

export interface Brake {
  code: string;
  message: string;
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

/** A run with its plan's summary; the people are rows of `export.plan_person`. */
export interface ExportRun {
  run: RunId;
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
  /** What the plan stands on; a run over other ground is refused. */
  ground: string;
  requestedBy: string;
  limit: number | null;
  release: { by: string; why: string; at: string } | null;
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
