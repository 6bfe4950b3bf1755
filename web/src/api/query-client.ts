import { QueryClient } from '@tanstack/react-query';
import { mayGoBetter } from './problem.ts';

/** The memory of this page: what was asked for, how long it is good, and when it is asked for again. */
export function openQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // Who only changes windows has done nothing: a trial of a unification would run again, each loaded page of a
        // list be fetched again, and each look at people stand in the audit log once more.
        refetchOnWindowFocus: false,
        // What the server has decided stays so; what it could not do right now may go better in a moment.
        retry: (failed, error) => mayGoBetter(error) && failed < 2,
      },
    },
  });
}
