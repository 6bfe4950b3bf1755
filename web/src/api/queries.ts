import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from './client.ts';
import type { PlanLine } from './answers.ts';

/*
 * What the page asks for, each under one key, so that what changes one thing knows whom to tell. Nothing is kept from
 * one sign-in to the next: all of it lives in this page's memory.
 */

const pageLength = 100;

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => answerOf(api.GET('/api/v1/me')),
  staleTime: 60_000,
  retry: false,
});

export const signInWaysQuery = queryOptions({
  queryKey: ['sign-in ways'],
  queryFn: () => answerOf(api.GET('/api/v1/sign-in')),
});

export const aboutQuery = queryOptions({
  queryKey: ['about'],
  queryFn: () => answerOf(api.GET('/api/v1/about')),
  staleTime: Infinity,
});

/** Whether made-up customers are shown instead of one's own. */
export const sampleQuery = queryOptions({
  queryKey: ['sample'],
  queryFn: () => answerOf(api.GET('/api/v1/sample')),
  staleTime: 60_000,
});

export const exportsQuery = queryOptions({
  queryKey: ['exports'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/exports'))).items,
});

export const exportQuery = (id: string) =>
  queryOptions({
    queryKey: ['exports', id],
    queryFn: () => answerOf(api.GET('/api/v1/exports/{id}', { params: { path: { id } } })),
  });

export const exportSettingsQuery = (id: string) =>
  queryOptions({
    queryKey: ['exports', id, 'settings'],
    queryFn: () => answerOf(api.GET('/api/v1/exports/{id}/settings', { params: { path: { id } } })),
    // What somebody edits must not change under their hands.
    staleTime: Infinity,
    gcTime: 0,
  });

export const matchingQuery = queryOptions({
  queryKey: ['matching'],
  queryFn: () => answerOf(api.GET('/api/v1/exports/matching')),
});

export const pickableConnectionsQuery = queryOptions({
  queryKey: ['connections', 'pickable'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/connections/pickable'))).items,
});

export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/connections'))).items,
});

/** Whom the connection lets in, and to which audiences; asks Mailchimp. */
export const loginQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', id, 'login'],
    queryFn: () => answerOf(api.POST('/api/v1/connections/{id}/test', { params: { path: { id } } })),
    staleTime: 5 * 60_000,
    retry: false,
  });

/** The fields and tags of an audience; asks Mailchimp. */
export const audienceQuery = (id: string, audience: string) =>
  queryOptions({
    queryKey: ['connections', id, 'audiences', audience],
    queryFn: () =>
      answerOf(
        api.GET('/api/v1/connections/{id}/audiences/{audience}', { params: { path: { id, audience } } }),
      ),
    staleTime: 60_000,
    retry: false,
  });

export const consentTextQuery = (language: 'en' | 'ro') =>
  queryOptions({
    queryKey: ['consent text', language],
    queryFn: () => answerOf(api.GET('/api/v1/consent-text', { params: { query: { language } } })),
    staleTime: Infinity,
  });

export const segmentsQuery = queryOptions({
  queryKey: ['segments'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/segments'))).items,
});

export const segmentQuery = (id: string) =>
  queryOptions({
    queryKey: ['segments', id],
    queryFn: () => answerOf(api.GET('/api/v1/segments/{id}', { params: { path: { id } } })),
  });

export const segmentSettingsQuery = (id: string) =>
  queryOptions({
    queryKey: ['segments', id, 'settings'],
    queryFn: () => answerOf(api.GET('/api/v1/segments/{id}/settings', { params: { path: { id } } })),
    staleTime: Infinity,
    gcTime: 0,
  });

/** What rules can ask. */
export const fieldsQuery = queryOptions({
  queryKey: ['fields'],
  queryFn: () => answerOf(api.GET('/api/v1/fields')),
  staleTime: 60_000,
});

export const trendQuery = (id: string) =>
  queryOptions({
    queryKey: ['segments', id, 'trend'],
    queryFn: async () =>
      (
        await answerOf(
          api.GET('/api/v1/segments/{id}/trend', { params: { path: { id }, query: { limit: 500 } } }),
        )
      ).items,
  });

/** Who entered and left; pages by how many were passed over. */
export const memberChangesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['segments', id, 'changes'],
    queryFn: async ({ pageParam }) =>
      (
        await answerOf(
          api.GET('/api/v1/segments/{id}/changes', {
            params: { path: { id }, query: { limit: pageLength, offset: pageParam } },
          }),
        )
      ).items,
    initialPageParam: 0,
    getNextPageParam: (page, all) => (page.length < pageLength ? undefined : all.length * pageLength),
  });

/** How many people are in exactly which of these segments. */
export const overlapQuery = (segments: readonly string[]) =>
  queryOptions({
    queryKey: ['segments', 'overlap', ...segments],
    queryFn: async () =>
      (await answerOf(api.POST('/api/v1/segments/overlap', { body: { segments: [...segments] } }))).items,
  });

export const membersQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['segments', id, 'members'],
    queryFn: ({ pageParam }) =>
      answerOf(
        api.GET('/api/v1/segments/{id}/members', {
          params: { path: { id }, query: { limit: pageLength, ...some({ cursor: pageParam }) } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });

export const peopleQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['people', search],
    queryFn: ({ pageParam }) =>
      answerOf(
        api.POST('/api/v1/people/list', {
          body: {
            limit: pageLength,
            ...some({ search: search === '' ? undefined : search, cursor: pageParam }),
          },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    retry: false,
  });

/** The people behind an address or an id; a body and no address, so that nobody stands in a log. */
export const personQuery = (person: string) =>
  queryOptions({
    queryKey: ['person', person],
    queryFn: async () => (await answerOf(api.POST('/api/v1/people/find', { body: { person } }))).items,
    retry: false,
  });

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/sources'))).items,
});

export const loadsQuery = queryOptions({
  queryKey: ['sources', 'loads'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/loads'))).items,
});

export const unifyQuery = queryOptions({
  queryKey: ['unify'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/unify'))).item,
  staleTime: Infinity,
});

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['runs', id],
    queryFn: () => answerOf(api.GET('/api/v1/runs/{id}', { params: { path: { id } } })),
  });

export const runsQuery = (exportId?: string) =>
  infiniteQueryOptions({
    queryKey: ['runs', 'list', exportId ?? 'all'],
    queryFn: ({ pageParam }) =>
      answerOf(
        api.GET('/api/v1/runs', {
          params: { query: { limit: 50, ...some({ export: exportId, cursor: pageParam }) } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });

export const planPeopleQuery = (run: string, action: PlanLine['action']) =>
  infiniteQueryOptions({
    queryKey: ['runs', run, 'people', action],
    queryFn: ({ pageParam }) =>
      answerOf(
        api.GET('/api/v1/runs/{id}/people', {
          params: { path: { id: run }, query: { limit: pageLength, action, ...some({ cursor: pageParam }) } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    // A plan does not change; who is erased is taken out of it, and of this page's memory.
    staleTime: Infinity,
  });

/** Whom Mailchimp refused; pages by how many were passed over. */
export const exceptionsQuery = (run: string) =>
  infiniteQueryOptions({
    queryKey: ['runs', run, 'exceptions'],
    queryFn: async ({ pageParam }) =>
      (
        await answerOf(
          api.GET('/api/v1/runs/{id}/exceptions', {
            params: { path: { id: run }, query: { limit: pageLength, offset: pageParam } },
          }),
        )
      ).items,
    initialPageParam: 0,
    getNextPageParam: (page, all) => (page.length < pageLength ? undefined : all.length * pageLength),
  });

export const tasksQuery = queryOptions({
  queryKey: ['tasks'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/tasks', { params: { query: { limit: 50 } } }))).items,
});

export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: ['tasks', id],
    queryFn: () => answerOf(api.GET('/api/v1/tasks/{id}', { params: { path: { id } } })),
  });

export const scheduleQuery = queryOptions({
  queryKey: ['schedule'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/schedule'))).item,
  gcTime: 0,
});

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/retention'))).item,
  gcTime: 0,
});

export const scheduleAheadQuery = queryOptions({
  queryKey: ['schedule', 'ahead'],
  queryFn: () => answerOf(api.GET('/api/v1/schedule/ahead')),
});

export const alertsQuery = queryOptions({
  queryKey: ['alerts'],
  queryFn: async () => (await answerOf(api.GET('/api/v1/alerts'))).items,
});

export const usersQuery = infiniteQueryOptions({
  queryKey: ['users'],
  queryFn: ({ pageParam }) =>
    answerOf(
      api.GET('/api/v1/users', { params: { query: { limit: pageLength, ...some({ cursor: pageParam }) } } }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next,
});

export const tokensQuery = (whose: 'mine' | 'all') =>
  infiniteQueryOptions({
    queryKey: ['tokens', whose],
    queryFn: ({ pageParam }) => {
      const params = { query: { limit: pageLength, ...some({ cursor: pageParam }) } };
      return whose === 'mine'
        ? answerOf(api.GET('/api/v1/me/tokens', { params }))
        : answerOf(api.GET('/api/v1/tokens', { params }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });

export const auditQuery = (filter: { action?: string; subject?: string; who?: string }) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam }) =>
      answerOf(
        api.GET('/api/v1/audit', {
          params: { query: { limit: pageLength, ...filter, ...some({ cursor: pageParam }) } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });

/** Without the members that are undefined: a query has what is there and nothing else. */
function some<T extends Record<string, unknown>>(
  members: T,
): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
