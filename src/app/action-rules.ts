import type { Actions } from '../app.ts';
import type { Permission } from '../access/permission.ts';

/** What one action asks of whoever does it. */
export interface ActionRule<Args extends readonly unknown[], Result> {
  needs: Permission;
  /** It answers with pages one after the other. */
  streams?: true;
  /** Its first argument is the path of a file, which may name variables of the environment. */
  takesFile?: true;
  /** It is about the installation – who comes in, its key, its backup – and not about customers and where they go. */
  ofInstallation?: true;
  /** The export that it is about: contributors reach those on connections that are shared with them. */
  export?: (...args: Args) => string | undefined;
  /** As `export`, by one of its runs. */
  run?: (...args: Args) => string;
  /** It shows people: whose, for the audit log, which names nobody by address. */
  sees?: (result: Result, ...args: Args) => string;
}

/** Everything that somebody must be allowed for an action: whoever is shown people must be allowed to see them. */
export function neededFor({
  needs,
  sees,
  ofInstallation,
}: {
  needs: Permission;
  sees?: unknown;
  ofInstallation?: true;
}): Permission[] {
  // A backup is everything at once, and has a permission of its own for that.
  const shows = sees !== undefined && ofInstallation !== true && needs !== 'look.people';
  return shows ? [needs, 'look.people'] : [needs];
}

type RuleOf<Action> = Action extends (...args: infer Args extends readonly unknown[]) => infer Result
  ? ActionRule<Args, Awaited<Result>>
  : never;

type ActionRules = { readonly [Name in keyof Actions]: RuleOf<Actions[Name]> };

/**
 * The one place that says who may do what: every action has a line here, or it does not compile. The command line, the
 * HTTP API and the queue all go through it (`permitted-actions.ts`).
 */
export const actionRules: ActionRules = {
  // The workspace as a whole. A file may say anything, connections included.
  apply: { needs: 'connections.edit', takesFile: true },
  dump: { needs: 'segments.edit' },
  // It passes over the exports that whoever asks does not reach.
  refresh: { needs: 'refresh.run' },
  examine: { needs: 'look', streams: true },

  sources: { needs: 'look' },
  rejectedRows: { needs: 'look.people', sees: (_, source) => `source:${source}` },
  rejectedCsv: { needs: 'look.people', streams: true, sees: (_, source) => `source:${source}` },
  columnSummary: { needs: 'look.people', sees: (_, source) => `source:${source}` },
  proposeRules: { needs: 'unify.edit' },
  proposeBypass: { needs: 'unify.edit', sees: () => 'unify:bypass' },
  previewUnify: { needs: 'unify.edit', takesFile: true, sees: () => 'unify:preview' },
  previewUnifySettings: { needs: 'unify.edit', sees: () => 'unify:preview' },

  segments: { needs: 'look' },
  segment: { needs: 'look' },
  refreshSegment: { needs: 'refresh.run' },
  freezeSegment: { needs: 'segments.edit' },
  removeSegment: { needs: 'segments.edit' },
  segmentMembers: {
    needs: 'look.people',
    streams: true,
    sees: (_, segment) => `segment:${segment}`,
  },
  segmentMemberPage: { needs: 'look.people', sees: (_, segment) => `segment:${segment}` },
  segmentCsv: { needs: 'look.people', streams: true, sees: (_, segment) => `segment:${segment}` },
  lookAhead: { needs: 'segments.edit', sees: () => 'segment:draft' },
  ruleFields: { needs: 'look' },
  suggestValues: { needs: 'segments.edit', sees: (_, field) => `field:${field}` },
  fieldOverview: { needs: 'segments.edit', sees: (_, field) => `field:${field}` },
  quickSegment: { needs: 'segments.edit' },
  duplicateSegment: { needs: 'segments.edit' },
  changeSegment: { needs: 'segments.edit' },
  segmentOverlap: { needs: 'look' },
  segmentTrend: { needs: 'look' },
  memberChanges: { needs: 'look.people', sees: (_, segment) => `segment:${segment}` },
  whyInSegment: { needs: 'look.people', sees: (_, segment) => `segment:${segment}` },

  pause: { needs: 'exports.edit', export: (id) => id },
  resume: { needs: 'exports.edit', export: (id) => id },
  remove: { needs: 'exports.edit', export: (id) => id },
  audiences: { needs: 'look' },
  makeWebhook: { needs: 'connections.edit' },
  webhooks: { needs: 'look' },
  removeWebhook: { needs: 'connections.edit' },

  plan: { needs: 'exports.run', export: (id) => id },
  storedPlan: { needs: 'look' },
  planPeople: { needs: 'look.people', streams: true, sees: (_, { run }) => `run:${run}` },
  planPage: { needs: 'look.people', sees: (_, run) => `run:${run}` },
  planCsv: { needs: 'look.people', streams: true, sees: (_, { run }) => `run:${run}` },
  run: { needs: 'exports.run', export: (id) => id },
  release: { needs: 'brakes.release', run: (id) => id },
  planUndo: { needs: 'exports.run', run: (id) => id },
  undo: { needs: 'exports.run', run: (id) => id },
  cancel: { needs: 'exports.run', run: (id) => id },
  runs: { needs: 'look' },
  runPage: { needs: 'look' },
  findRun: { needs: 'look' },
  runDetails: { needs: 'look.people', sees: (_, run) => `run:${run}` },
  runCsv: { needs: 'look.people', streams: true, sees: (_, run) => `run:${run}` },

  customers: { needs: 'look.people', sees: () => 'customer:list' },
  person: {
    needs: 'look.people',
    sees: (found) => found.map(({ customerId }) => `customer:${customerId}`).join(' ') || 'customer:none',
  },
  forget: { needs: 'people.forget' },
  previewForget: { needs: 'people.forget' },
  liftForget: { needs: 'people.forget' },
  forgetReceipts: { needs: 'people.forget' },

  exports: { needs: 'look' },
  export: { needs: 'look' },
  processingRecord: { needs: 'look' },
  proposeMatching: { needs: 'exports.edit' },
  sizeAhead: { needs: 'exports.edit' },
  upload: { needs: 'sources.edit' },
  savePushedSource: { needs: 'sources.edit' },
  pushRows: { needs: 'data.push' },

  items: { needs: 'look' },
  item: { needs: 'look' },
  saveSource: { needs: 'sources.edit' },
  removeSource: { needs: 'sources.edit' },
  saveUnify: { needs: 'unify.edit' },
  saveRelationship: { needs: 'unify.edit' },
  removeRelationship: { needs: 'unify.edit' },
  saveComputed: { needs: 'unify.edit' },
  removeComputed: { needs: 'unify.edit' },
  saveSegment: { needs: 'segments.edit' },
  saveExport: { needs: 'exports.edit', export: (id) => id },
  duplicateExport: { needs: 'exports.edit', export: (id) => id },
  detachExport: { needs: 'exports.edit', export: (id) => id },
  saveSchedule: { needs: 'schedule.edit' },
  saveRetention: { needs: 'system.edit' },

  pickableConnections: { needs: 'look' },
  connections: { needs: 'connections.edit' },
  connection: { needs: 'connections.edit' },
  consentText: { needs: 'look' },
  saveConnection: { needs: 'connections.edit' },
  beginSignIn: { needs: 'connections.edit' },
  finishSignIn: { needs: 'connections.edit' },
  testConnection: { needs: 'exports.edit' },
  describeAudience: { needs: 'exports.edit' },
  becomeExportUser: { needs: 'connections.edit' },
  removeConnection: { needs: 'connections.edit' },
  rotateKey: { needs: 'system.edit', ofInstallation: true },
  backup: { needs: 'backup', ofInstallation: true, streams: true, sees: () => 'workspace:backup' },

  wantRefresh: { needs: 'refresh.run' },
  wantSegment: { needs: 'refresh.run' },
  wantPlan: { needs: 'exports.run', export: (id) => id },
  wantRun: { needs: 'exports.run', export: (id) => id },
  wantRunAll: { needs: 'exports.run' },
  wantRelease: { needs: 'brakes.release', run: (id) => id },
  wantUndo: { needs: 'exports.run', run: (id) => id },
  tasks: { needs: 'look' },
  task: { needs: 'look' },
  // Whether they reach what it is about is looked at when it is known.
  cancelTask: { needs: 'exports.run' },
  watchTask: { needs: 'look', streams: true },
  schedule: { needs: 'look' },
  alertChannels: { needs: 'schedule.edit', ofInstallation: true },
  addAlertChannel: { needs: 'schedule.edit', ofInstallation: true },
  removeAlertChannel: { needs: 'schedule.edit', ofInstallation: true },
  testAlertChannel: { needs: 'schedule.edit', ofInstallation: true },

  isEmpty: { needs: 'look', ofInstallation: true },
  beginSample: { needs: 'connections.edit', ofInstallation: true },
  endSample: { needs: 'connections.edit', ofInstallation: true },

  // What everybody may do about themselves; a token cannot, however wide it is.
  me: { needs: 'look', ofInstallation: true },
  changeMe: { needs: 'look', ofInstallation: true },
  changePassword: { needs: 'look', ofInstallation: true },
  mySessions: { needs: 'look', ofInstallation: true },
  endMySession: { needs: 'look', ofInstallation: true },
  myTokens: { needs: 'tokens.own', ofInstallation: true },
  makeToken: { needs: 'tokens.own', ofInstallation: true },
  revokeToken: { needs: 'tokens.own', ofInstallation: true },

  users: { needs: 'users.edit', ofInstallation: true },
  user: { needs: 'users.edit', ofInstallation: true },
  inviteUser: { needs: 'users.edit', ofInstallation: true },
  changeUser: { needs: 'users.edit', ofInstallation: true },
  removeUser: { needs: 'users.edit', ofInstallation: true },
  resetLink: { needs: 'users.edit', ofInstallation: true },
  ownerLink: { needs: 'system.edit', ofInstallation: true },
  tokens: { needs: 'tokens.edit', ofInstallation: true },
  audit: { needs: 'audit.read', ofInstallation: true },
  auditCsv: { needs: 'audit.read', ofInstallation: true, streams: true },
};
