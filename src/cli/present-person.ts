import pc from 'picocolors';
import type { Person } from '../pipeline/find-person.ts';
import { safeText, safeValue } from './safe-text.ts';

/** One person's story on one screen, in the order of the line. */
export function presentPerson(person: Person): string {
  const { history } = person;
  const lines = [`${pc.bold(person.customerId)}  ${pc.dim(`known since ${day(person.firstSeen)}`)}`];
  const section = (title: string, rows: readonly string[]) => {
    if (rows.length > 0) lines.push('', pc.bold(title), ...rows.map((row) => `  ${row}`));
  };
  section(
    'Profile',
    person.fields
      .filter((field) => field.value !== null && field.value !== '')
      .map((field) => `${field.name}: ${safeValue(field.value)}`),
  );
  section('Comes from', [
    ...person.records.map(
      (record) =>
        `${record.source} ${safeText(record.key)}${record.line === null ? '' : pc.dim(`  line ${record.line}`)}`,
    ),
    ...person.links.map(({ source, key, withSource, withKey, rule, similarity }) => {
      const how = similarity === null ? '' : ` (${similarity.toFixed(3)})`;
      return pc.dim(safeText(`${source} ${key} = ${withSource} ${withKey}: ${rule}${how}`));
    }),
  ]);
  section(
    'Other values',
    person.alternates.map(({ attribute, value, source }) => safeText(`${attribute}: ${value}  ${source}`)),
  );
  const related = Map.groupBy(person.related, ({ source }) => source);
  section(
    'Other rows',
    [...related].map(([source, rows]) => `${source}: ${rows.length}`),
  );
  section(
    'Segments',
    person.segments.map(({ name, since, because }) => {
      const from = since === null ? '' : pc.dim(`  since ${day(since)}`);
      return `${safeText(name)}${from}${because.length === 0 ? '' : pc.dim(`  ${safeText(because.join('; '))}`)}`;
    }),
  );
  section(
    'In Mailchimp',
    history.audiences.map(
      ({ audience, status, since, reason, tags }) =>
        `${audience}: ${status}${since === null ? '' : ` since ${day(since)}`}${reason === null ? '' : ` (${safeText(reason)})`}${tags.length === 0 ? '' : `, tags ${safeText(tags.join(', '))}`}`,
    ),
  );
  section(
    'What we changed',
    history.changes.map(
      (change) =>
        `${day(change.at)} ${change.kind}${change.name === null ? '' : ` ${safeText(change.name)}`}${change.after === null ? '' : `: ${safeValue(change.before ?? '')} → ${safeValue(change.after)}`} ${pc.dim(`${change.export} ${change.run}`)}`,
    ),
  );
  section(
    'What was refused',
    history.answers.map((answer) =>
      safeText(`${day(answer.at)} ${answer.result}: ${answer.reason ?? ''} ${answer.detail ?? ''}`).trimEnd(),
    ),
  );
  return lines.join('\n');
}

function day(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
