import pc from 'picocolors';
import type { ErasurePreview } from '../pipeline/forget-person.ts';
import type { ErasureReceipt } from '../suppression/erasure-notes.ts';
import type { AudienceErasure, PlaceErasure } from '../suppression/erasure.ts';
import { safeText } from './safe-text.ts';

/** A receipt as a person reads it and can file it. It names nobody. */
export function presentErasure(record: ErasureReceipt): string {
  const head = {
    done: pc.green('done'),
    open: pc.red('open'),
    lifted: pc.yellow('lifted'),
  }[record.state];
  const lines = [
    `${pc.bold(`Erasure ${record.erasure}`)}: ${head}`,
    `  begun ${minute(record.startedAt)} by ${safeText(record.by)}${record.why === '' ? '' : `: ${safeText(record.why)}`}`,
  ];
  if (record.finishedAt !== null) lines.push(`  ended ${minute(record.finishedAt)}`);
  if (record.lifted !== null) {
    const { by, why, at } = record.lifted;
    lines.push(`  lifted ${minute(at)} by ${safeText(by)}: ${safeText(why)}`);
  }
  const kept = Object.entries(record.suppressed).map(([kind, count]) => `${plural[kind] ?? kind}: ${count}`);
  return [
    ...lines,
    ...section(
      `Here, ${record.profiles} ${record.profiles === 1 ? 'profile' : 'profiles'}`,
      placesOf(record.places),
    ),
    ...section('In Mailchimp', record.audiences.map(audienceLine)),
    ...section('Kept out by digests of', kept),
    ...section('Note', record.notes),
  ].join('\n');
}

/** What an erasure would take away. */
export function presentPreview(preview: ErasurePreview): string {
  const { addresses, profiles, places, audiences } = preview;
  return [
    pc.bold('Nothing has been removed yet.'),
    ...section(
      `Addresses, of ${profiles} ${profiles === 1 ? 'profile' : 'profiles'}`,
      addresses.map(safeText),
    ),
    ...section('Here', placesOf(places, 'to be ')),
    ...section('Audiences to remove them from', audiences.map(safeText)),
  ].join('\n');
}

const plural: Record<string, string> = {
  address: 'addresses',
  record: 'records of sources',
  reference: 'values that other rows point with',
};

function section(title: string, rows: readonly string[]): string[] {
  return ['', pc.bold(title), ...(rows.length === 0 ? ['  nothing'] : rows.map((row) => `  ${row}`))];
}

function placesOf(places: readonly PlaceErasure[], tense = ''): string[] {
  return places.map(({ place, rows, became }) => `${safeText(place)}: ${rows} ${tense}${became}`);
}

function audienceLine({
  connection,
  audience,
  how,
  removed,
  absent,
  already,
  open,
}: AudienceErasure): string {
  const counts = [
    ...(removed > 0 ? [`${removed} ${how === 'delete' ? 'deleted' : 'archived'}`] : []),
    ...(already > 0 ? [`${already} archived before`] : []),
    ...(absent > 0 ? [`${absent} not there`] : []),
  ];
  const name = `${connection} ${safeText(audience)}`;
  if (open === null) return `${name}: ${counts.join(', ')}`;
  const hint = open.hint === undefined ? '' : pc.dim(`  ${safeText(open.hint)}`);
  return `${name}: ${pc.red('open')}, ${safeText(open.message)}${hint}`;
}

function minute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
