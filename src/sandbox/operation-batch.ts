import { gzipSync } from 'node:zlib';
import type { User } from './access.ts';
import type { Account } from './account.ts';
import { pageItems } from './api-call.ts';
import type { Answer, ApiCall, JsonObject } from './api-call.ts';
import { invalidResource, notFound, Problem } from './problem.ts';
import { randomHex } from './random.ts';
import { isoTime } from './seconds.ts';
import type { Seconds } from './seconds.ts';
import { writeTar } from './tar.ts';

const statuses = ['pending', 'preprocessing', 'started', 'finalizing', 'finished'] as const;

interface Operation {
  method: string;
  path: string;
  operationId: string;
  params: Record<string, unknown>;
  body: string;
}

interface OperationResult {
  status_code: number;
  operation_id: string;
  /** JSON in a string. */
  response: string;
}

/** A batch of `POST /batches`: finished does not mean that its operations succeeded (FACTS §7, §9.19). */
export interface OperationBatch {
  readonly id: string;
  status: (typeof statuses)[number];
  readonly operations: readonly Operation[];
  results: OperationResult[];
  readonly submittedAt: Seconds;
  completedAt: Seconds;
}

/** A link to results works for ten minutes after it was given out (FACTS §7); that results go after seven days is not shown. */
const linkSeconds = 10 * 60;

/** `POST /batches` */
export function startBatch(account: Account, call: ApiCall): unknown {
  const open = [...account.batches.values()].filter((batch) => batch.status !== 'finished');
  if (open.length >= account.modes.pendingBatchLimit) {
    // The text for pending batches is unsure; this is the one for pending batch webhooks.
    throw new Problem(
      429,
      'Too Many Requests',
      'You have more than 500 pending batches. Please wait for some to complete before adding any more batches.',
    );
  }
  const batch: OperationBatch = {
    id: randomHex(account.random, 10),
    status: 'pending',
    operations: parseOperations(call.body),
    results: [],
    submittedAt: account.now(),
    completedAt: 0,
  };
  account.batches.set(batch.id, batch);
  if (!account.modes.batchStuck) void runBatch(account, batch, call.user);
  return batchView(account, batch, call);
}

export function listBatches(account: Account, call: ApiCall): unknown {
  const all = [...account.batches.values()];
  const batches = pageItems(all, call.query).map((batch) => batchView(account, batch, call));
  return { batches, total_items: all.length, _links: [] };
}

export function getBatch(account: Account, call: ApiCall): unknown {
  return batchView(account, requireBatch(account, call), call);
}

export function deleteBatch(account: Account, call: ApiCall): undefined {
  account.batches.delete(requireBatch(account, call).id);
}

/**
 * The results behind `response_body_url`, as tar.gz; undefined when the link is unknown or too old.
 * @param link what follows `/results/`: the batch's id and the time the link was given out
 */
export function batchResults(account: Account, link: string): Buffer | undefined {
  const [id, givenAt] = link.split('-');
  const batch = account.batches.get(id ?? '');
  if (batch?.status !== 'finished' || account.now() - Number(givenAt) > linkSeconds) return undefined;
  const files = batch.results.map((result, index) => ({
    name: `${batch.id}/${index}.json`,
    content: JSON.stringify([result]),
  }));
  return gzipSync(writeTar(files, batch.completedAt));
}

async function runBatch(account: Account, batch: OperationBatch, user: User): Promise<void> {
  for (const status of statuses) {
    // Deleted, or the account was reset: what is left of it is not done.
    if (account.batches.get(batch.id) !== batch) return;
    batch.status = status;
    if (status === 'started') await runOperations(account, batch, user);
    if (status === 'finished') batch.completedAt = account.now();
    else await account.wait(account.modes.batchStepMs);
    if (account.closing.aborted) return;
  }
  for (const url of account.batchWebhooks.values()) {
    const form = new URLSearchParams({ type: 'batch_operation_completed', 'data[id]': batch.id });
    await fetch(url, { method: 'POST', body: form, signal: account.closing }).catch(() => undefined);
  }
}

async function runOperations(account: Account, batch: OperationBatch, user: User): Promise<void> {
  for (const operation of batch.operations) {
    const query = new URLSearchParams(
      Object.fromEntries(Object.entries(operation.params).map(([name, value]) => [name, String(value)])),
    );
    const { method, path, body } = operation;
    const answer = await account.perform({ user, method, path, query, body });
    batch.results.push({
      status_code: answer.status,
      operation_id: operation.operationId,
      response: JSON.stringify(answer.document ?? null),
    });
  }
  // Results are not in the order of the operations.
  batch.results.reverse();
}

function parseOperations({ operations: sent }: JsonObject): Operation[] {
  if (!Array.isArray(sent) || sent.length === 0) {
    throw invalidResource([
      { field: 'operations', message: 'Required fields were not provided: operations' },
    ]);
  }
  return sent.map((entry: unknown, index) => {
    const operation = (entry ?? {}) as Record<string, unknown>;
    const { method, path } = operation;
    const sentBody = operation['body'] ?? '';
    if (typeof method !== 'string' || typeof path !== 'string') {
      throw invalidResource([
        { field: `operations.item:${index}`, message: 'Required fields were not provided: method, path' },
      ]);
    }
    if (typeof sentBody !== 'string') {
      const message = 'Schema describes string, object found instead';
      throw invalidResource([{ field: `operations.item:${index}.body`, message }]);
    }
    return {
      method: method.toUpperCase(),
      path: path.startsWith('/') ? path : `/${path}`,
      operationId: typeof operation['operation_id'] === 'string' ? operation['operation_id'] : '',
      params: (operation['params'] ?? {}) as Record<string, unknown>,
      body: sentBody,
    };
  });
}

function requireBatch(account: Account, call: ApiCall): OperationBatch {
  const batch = account.batches.get(call.params['batch'] ?? '');
  if (batch === undefined) throw notFound();
  return batch;
}

export const batchNames = [
  'id',
  'status',
  'total_operations',
  'finished_operations',
  'errored_operations',
  'submitted_at',
  'completed_at',
  'response_body_url',
] as const;

function batchView(account: Account, batch: OperationBatch, call: ApiCall): Answer<typeof batchNames> {
  return {
    id: batch.id,
    status: batch.status,
    total_operations: batch.operations.length,
    finished_operations: batch.results.length,
    errored_operations: batch.results.filter((result) => result.status_code >= 400).length,
    submitted_at: isoTime(batch.submittedAt),
    completed_at: isoTime(batch.completedAt),
    response_body_url:
      batch.status === 'finished' ? `${call.origin}/results/${batch.id}-${account.now()}` : '',
    _links: [],
  };
}
