import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { ApiProblem } from '../api/problem.ts';
import { meQuery, sampleQuery } from '../api/queries.ts';
import { ProblemNote, Waiting } from '../parts/states.tsx';
import { Frame } from './frame.tsx';
import { Lost } from './lost.tsx';

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: Lost,
});

/** A page that failed while it was shown, or that did not come. */
function Failed({ error }: { error: unknown }) {
  return <ProblemNote error={error} again={() => window.location.reload()} />;
}

/** Pages of somebody who is signed in; others are led to the door, and back to where they wanted to go. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Frame,
  beforeLoad: async ({ context, location }) => {
    try {
      await Promise.all([
        context.client.ensureQueryData(meQuery),
        // Above every page stands whether its people are made up: known before, so that nothing moves.
        context.client.ensureQueryData(sampleQuery),
      ]);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.problem.status !== 401) throw error;
      throw redirect({ to: '/sign-in', search: { returnTo: location.href } });
    }
  },
  errorComponent: Failed,
});

const searchTexts =
  <Name extends string>(...names: readonly Name[]) =>
  (search: Record<string, unknown>): { [Key in Name]?: string } => {
    const entries = names.flatMap((name) => {
      const value = search[name];
      return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [];
    });
    return Object.fromEntries(entries) as { [Key in Name]?: string };
  };

const door = (path: '/owner' | '/invitation' | '/reset') =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(() => import('../pages/door/link-page.tsx'), 'LinkPage'),
  });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: searchTexts('returnTo', 'error'),
  component: lazyRouteComponent(() => import('../pages/door/sign-in-page.tsx'), 'SignInPage'),
});

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/home/home-page.tsx'), 'HomePage'),
});
const sources = createRoute({
  getParentRoute: () => inside,
  path: '/data/sources',
  component: lazyRouteComponent(() => import('../pages/sources/sources-page.tsx'), 'SourcesPage'),
});
const exportsList = createRoute({
  getParentRoute: () => inside,
  path: '/data/exports',
  component: lazyRouteComponent(() => import('../pages/exports/exports-page.tsx'), 'ExportsPage'),
});
const addDestination = createRoute({
  getParentRoute: () => inside,
  path: '/data/exports/new',
  validateSearch: searchTexts('segment'),
  component: lazyRouteComponent(() => import('../pages/exports/destination-page.tsx'), 'AddDestinationPage'),
});
const editDestination = createRoute({
  getParentRoute: () => inside,
  path: '/data/exports/$id/edit',
  component: lazyRouteComponent(() => import('../pages/exports/destination-page.tsx'), 'EditDestinationPage'),
});
const oneExport = createRoute({
  getParentRoute: () => inside,
  path: '/data/exports/$id',
  component: lazyRouteComponent(() => import('../pages/exports/export-page.tsx'), 'ExportPage'),
});
const run = createRoute({
  getParentRoute: () => inside,
  path: '/data/runs/$id',
  component: lazyRouteComponent(() => import('../pages/runs/run-page.tsx'), 'RunPage'),
});
const segments = createRoute({
  getParentRoute: () => inside,
  path: '/segments',
  component: lazyRouteComponent(() => import('../pages/segments/segments-page.tsx'), 'SegmentsPage'),
});
const addSegment = createRoute({
  getParentRoute: () => inside,
  path: '/segments/new',
  component: lazyRouteComponent(() => import('../pages/segments/segment-editor-page.tsx'), 'AddSegmentPage'),
});
const editSegment = createRoute({
  getParentRoute: () => inside,
  path: '/segments/$id/edit',
  component: lazyRouteComponent(() => import('../pages/segments/segment-editor-page.tsx'), 'EditSegmentPage'),
});
const oneSegment = createRoute({
  getParentRoute: () => inside,
  path: '/segments/$id',
  component: lazyRouteComponent(() => import('../pages/segments/segment-page.tsx'), 'SegmentPage'),
});
const unify = createRoute({
  getParentRoute: () => inside,
  path: '/data/unify',
  component: lazyRouteComponent(() => import('../pages/unify/unify-page.tsx'), 'UnifyPage'),
});
const customers = createRoute({
  getParentRoute: () => inside,
  path: '/data/customers',
  component: lazyRouteComponent(() => import('../pages/customers/customers-page.tsx'), 'CustomersPage'),
});
const onePerson = createRoute({
  getParentRoute: () => inside,
  path: '/data/customers/$id',
  component: lazyRouteComponent(() => import('../pages/customers/person-page.tsx'), 'PersonPage'),
});
const connections = createRoute({
  getParentRoute: () => inside,
  path: '/admin/connections',
  validateSearch: searchTexts('signIn', 'connected', 'error'),
  component: lazyRouteComponent(() => import('../pages/connections/connections-page.tsx'), 'ConnectionsPage'),
});
const addConnection = createRoute({
  getParentRoute: () => inside,
  path: '/admin/connections/new',
  validateSearch: searchTexts('signIn', 'error'),
  component: lazyRouteComponent(
    () => import('../pages/connections/connection-page.tsx'),
    'AddConnectionPage',
  ),
});
const editConnection = createRoute({
  getParentRoute: () => inside,
  path: '/admin/connections/$id',
  validateSearch: searchTexts('connected', 'error'),
  component: lazyRouteComponent(
    () => import('../pages/connections/connection-page.tsx'),
    'EditConnectionPage',
  ),
});
const system = createRoute({
  getParentRoute: () => inside,
  path: '/admin/system',
  component: lazyRouteComponent(() => import('../pages/system/system-page.tsx'), 'SystemPage'),
});
const users = createRoute({
  getParentRoute: () => inside,
  path: '/admin/users',
  component: lazyRouteComponent(() => import('../pages/users/users-page.tsx'), 'UsersPage'),
});
const tokens = createRoute({
  getParentRoute: () => inside,
  path: '/admin/tokens',
  component: lazyRouteComponent(() => import('../pages/users/tokens-page.tsx'), 'TokensPage'),
});
const audit = createRoute({
  getParentRoute: () => inside,
  path: '/admin/audit',
  validateSearch: searchTexts('subject', 'who', 'action'),
  component: lazyRouteComponent(() => import('../pages/audit/audit-page.tsx'), 'AuditPage'),
});

const tree = root.addChildren([
  signIn,
  door('/owner'),
  door('/invitation'),
  door('/reset'),
  inside.addChildren([
    home,
    sources,
    unify,
    customers,
    onePerson,
    segments,
    addSegment,
    editSegment,
    oneSegment,
    exportsList,
    addDestination,
    editDestination,
    oneExport,
    run,
    connections,
    addConnection,
    editConnection,
    system,
    users,
    tokens,
    audit,
  ]),
]);

/** Every page by its address. */
export function openRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: 'intent',
    defaultPendingComponent: Waiting,
    defaultErrorComponent: Failed,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof openRouter>;
  }
}
