import type { Actions } from '../app.ts';
import type { Permission } from '../access/permission.ts';

/** What one action asks of whoever does it. */
export interface ActionRule<Args extends readonly unknown[], Result> {
  needs: Permission;
  /** It answers with pages one after the other. */
  streams?: true;
  /** The export that it is about: contributors reach those on connections that are shared with them. */
  export?: (...args: Args) => string | undefined;
  /** As `export`, by one of its runs. */
  run?: (...args: Args) => string;
  /** It shows people: whose, for the audit log, which names nobody by address. */
  sees?: (result: Result, ...args: Args) => string;
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
  apply: { needs: 'connections.edit' },
  dump: { needs: 'segments.edit' },
  refresh: { needs: 'refresh.run' },
  examine: { needs: 'look', streams: true },

  sources: { needs: 'look' },
  rejectedRows: { needs: 'look.people', sees: (_, source) => `source:${source}` },
  rejectedCsv: { needs: 'look.people', streams: true, sees: (_, source) => `source:${source}` },
  columnSummary: { needs: 'look.people', sees: (_, source) => `source:${source}` },
  proposeRules: { needs: 'unify.edit' },
  proposeBypass: { needs: 'unify.edit', sees: () => 'unify:bypass' },
  previewUnify: { needs: 'unify.edit', sees: () => 'unify:preview' },
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
  rotateKey: { needs: 'system.edit' },
  backup: { needs: 'backup', streams: true, sees: () => 'workspace:backup' },

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
  alertChannels: { needs: 'schedule.edit' },
  addAlertChannel: { needs: 'schedule.edit' },
  removeAlertChannel: { needs: 'schedule.edit' },
  testAlertChannel: { needs: 'schedule.edit' },

  // What everybody may do about themselves; a token cannot, however wide it is.
  me: { needs: 'look' },
  changeMe: { needs: 'look' },
  changePassword: { needs: 'look' },
  mySessions: { needs: 'look' },
  endMySession: { needs: 'look' },
  myTokens: { needs: 'tokens.own' },
  makeToken: { needs: 'tokens.own' },
  revokeToken: { needs: 'tokens.own' },

  users: { needs: 'users.edit' },
  user: { needs: 'users.edit' },
  inviteUser: { needs: 'users.edit' },
  changeUser: { needs: 'users.edit' },
  removeUser: { needs: 'users.edit' },
  resetLink: { needs: 'users.edit' },
  ownerLink: { needs: 'system.edit' },
  tokens: { needs: 'tokens.edit' },
  audit: { needs: 'audit.read' },
  auditCsv: { needs: 'audit.read', streams: true },
};
