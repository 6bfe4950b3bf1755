/**
 * What each folder of `src/` may import: docs/architecture.md tells the same as a story. Data flows one way,
 * so a stage may use what stands before it and never what comes after; a new folder gets a line here.
 * An entry with a `/` opens a single file. `types` opens a folder to `import type` alone.
 */
export interface Allowance {
  from: readonly string[];
  types?: readonly string[];
  /** Folders beside `src/`. */
  outside?: readonly string[];
}

const stages = [
  'engine',
  'store',
  'access',
  'connections',
  'suppression',
  'sources',
  'unify',
  'profiles',
  'segments',
  'exports',
  'delivery',
];

/** Everything up to a stage, for those that join the stages. */
function upTo(...more: string[]): string[] {
  return ['base', ...stages, ...more];
}

export const importTable: Readonly<Record<string, Allowance>> = {
  base: { from: [] },
  engine: { from: ['base'] },
  store: { from: ['base'] },
  access: { from: ['base', 'store'] },
  // It keeps tasks and their turn, and is told from outside what doing one means.
  work: { from: ['base', 'store'] },
  alerts: { from: ['base', 'store', 'connections', 'work'] },
  connections: { from: ['base', 'store'] },
  // Who was erased is kept out where people come in, and where they go out.
  suppression: { from: ['base', 'engine', 'connections'] },
  sources: { from: ['base', 'engine', 'store', 'connections', 'suppression'] },
  // No connections: who somebody is does not depend on where they are sent.
  unify: { from: ['base', 'engine', 'store', 'sources'] },
  profiles: { from: ['base', 'engine', 'unify'] },
  segments: { from: ['base', 'engine', 'store', 'unify', 'profiles'] },
  exports: { from: ['base', 'engine', 'store', 'suppression', 'profiles', 'segments'] },
  // It carries out plans and decides nothing, so of the exports it knows what they look like, no more.
  delivery: { from: ['base', 'connections'], types: ['exports'] },
  // A Mailchimp that shared our code would share our mistakes.
  sandbox: { from: ['base'] },
  pipeline: { from: upTo() },
  workspace: { from: upTo('pipeline') },
  app: { from: upTo('pipeline', 'workspace', 'work', 'alerts') },
  // Thin shells: they parse, call the app and show what comes back.
  server: {
    from: ['base', 'app'],
    types: upTo('pipeline', 'workspace').filter((folder) => folder !== 'engine'),
  },
  // The whole way with made-up people: the one user of the sandbox and of sample/ outside of tests.
  demo: {
    from: ['base', 'app', 'sandbox'],
    outside: ['sample'],
    types: upTo('pipeline', 'workspace').filter((folder) => folder !== 'engine'),
  },
  cli: {
    // A command starts the server; it knows nothing of what the server does.
    from: [
      'base',
      'app',
      'demo',
      'server/serve.ts',
      'server/serve-webhooks.ts',
      'server/call-server.ts',
      'server/door-file.ts',
    ],
    types: upTo('pipeline', 'workspace').filter((folder) => folder !== 'engine'),
  },
};

/** Packages that have one place each, so that another can take theirs. */
export const packageTable: Readonly<Record<string, readonly string[]>> = {
  '@duckdb/node-api': ['engine'],
  '@electric-sql/pglite': ['store'],
  kysely: ['store'],
  pg: ['store', 'sources'],
  // The alerts call addresses that users typed in, and see to it whose they are.
  undici: ['delivery', 'alerts'],
  'pg-boss': ['work'],
  nodemailer: ['alerts'],
  fastify: ['server'],
  '@node-rs/argon2': ['access'],
  'openid-client': ['access'],
  croner: ['base'],
  commander: ['cli'],
};
