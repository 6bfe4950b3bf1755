import type { RemoteControl } from '../src/sandbox/control.ts';
import type { RequestRecord } from '../src/sandbox/request-log.ts';

/**
 * Every request since the counters were reset. Rejects where the sandbox has forgotten the first ones, of which it keeps only
 * so many: what is measured of the rest would be too good.
 */
export async function allRequests(control: RemoteControl): Promise<RequestRecord[]> {
  const found: RequestRecord[] = [];
  for (;;) {
    const page = await control.requests({ after: found.at(-1)?.number ?? 0, limit: 5000 });
    if (page.length === 0) break;
    found.push(...page);
  }
  const { requests } = await control.counters();
  if (requests > found.length) {
    throw new Error(`the sandbox kept ${found.length} of ${requests} requests: measure with fewer people`);
  }
  return found;
}
