import type { Erasure } from './erasure.ts';

/** A receipt as it is shown: the record, and what is to be known beside its numbers. */
export interface ErasureReceipt extends Erasure {
  /** Whole sentences. */
  notes: string[];
}

export function receiptFor(record: Erasure): ErasureReceipt {
  return { ...record, notes: notesOn(record) };
}

function notesOn(record: Erasure): string[] {
  const at = (record.finishedAt ?? record.startedAt).slice(0, 16).replace('T', ' ');
  const notes = [
    `Backups of the data folder made before ${at} UTC still hold the person.`,
    'Files that were uploaded and rows that programs pushed lie under uploads/ in the data folder as they came: where they hold the person, take the line out there, or upload the file anew.',
    'Rows of plans, outcomes and journals are blanked: the counts of runs stay, and nothing in them tells whose they were.',
    'Deleted rows may stay readable in freed parts of people.duckdb until these are written over; encrypt its disk.',
    'What stays are keyed digests (HMAC-SHA-256) of addresses, record keys and references, to keep the person out.',
  ];
  if (record.audiences.some(({ how, removed, already }) => how === 'archive' && removed + already > 0)) {
    notes.push(
      'Archived contacts are out of the audience; their data stay in Mailchimp until they are deleted there.',
    );
  }
  if (record.state === 'open') {
    notes.push('Not done: repeat the command. Until then the addresses are kept sealed, for nothing else.');
  }
  if (record.lifted !== null) {
    notes.push(
      'The suppression was lifted: the person comes back with the next refresh of a source that holds them.',
    );
  }
  return notes;
}
