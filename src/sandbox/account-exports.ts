import type { Account } from './account.ts';
import type { Answer, ApiCall } from './api-call.ts';
import { invalidResource, notFound, Problem } from './problem.ts';
import { isoTime } from './seconds.ts';
import type { Seconds } from './seconds.ts';

export interface AccountExport {
  id: number;
  startedAt: Seconds;
}

const day = 24 * 60 * 60;

/** `POST /account-exports`: one at a time and one in 24 hours (FACTS §7). */
export function startExport(account: Account, call: ApiCall): unknown {
  if (!Array.isArray(call.body['include_stages'])) {
    const message = 'Required fields were not provided: include_stages';
    throw invalidResource([{ field: 'include_stages', message }]);
  }
  const last = account.exports.at(-1);
  const age = last === undefined ? Number.POSITIVE_INFINITY : account.now() - last.startedAt;
  if (age < account.modes.exportSeconds) {
    throw new Problem(400, 'Account Export in Progress', 'An account export is already in progress.');
  }
  if (age < day) {
    throw new Problem(400, 'Too Many Account Exports', 'An account can be exported once in 24 hours.');
  }
  const started: AccountExport = { id: account.exports.length + 1, startedAt: account.now() };
  account.exports.push(started);
  return exportView(account, started);
}

export function listExports(account: Account): unknown {
  return {
    exports: account.exports.map((entry) => exportView(account, entry)),
    total_items: account.exports.length,
    _links: [],
  };
}

export function getExport(account: Account, call: ApiCall): unknown {
  const found = account.exports.find((entry) => String(entry.id) === call.params['export']);
  if (found === undefined) throw notFound();
  return exportView(account, found);
}

export const exportNames = ['export_id', 'started', 'finished', 'size_in_bytes', 'download_url'] as const;

function exportView(account: Account, entry: AccountExport): Partial<Answer<typeof exportNames>> {
  const finishedAt = entry.startedAt + account.modes.exportSeconds;
  const finished = account.now() >= finishedAt;
  return {
    export_id: entry.id,
    started: isoTime(entry.startedAt),
    ...(finished ? { finished: isoTime(finishedAt), size_in_bytes: 0, download_url: '' } : {}),
    _links: [],
  };
}
