import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { Me } from '../api/answers.ts';
import { answerOf, api } from '../api/client.ts';
import { meQuery } from '../api/queries.ts';

/** Who is signed in; inside of the frame there is always somebody. */
export function useMe(): Me & { can: (permission: string) => boolean } {
  const { data } = useSuspenseQuery(meQuery);
  const can = useCallback((permission: string) => data.may.includes(permission), [data.may]);
  return { ...data, can };
}

/** Ends the session here and at the server, and forgets everything that was asked for in it. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    await answerOf(api.DELETE('/api/v1/session'));
    client.clear();
    window.location.assign('/sign-in');
  }, [client]);
}
