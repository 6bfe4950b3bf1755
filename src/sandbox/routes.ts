import * as exports from './account-exports.ts';
import * as accounts from './account-routes.ts';
import type { Handler } from './api-call.ts';
import { batchAnswerNames, upsertBatch } from './batch-upsert.ts';
import * as batchWebhooks from './batch-webhook-routes.ts';
import * as interests from './interest-routes.ts';
import * as lists from './list-routes.ts';
import { listMembers } from './member-listing.ts';
import * as members from './member-routes.ts';
import { memberFieldNames } from './member-view.ts';
import * as fields from './merge-field-routes.ts';
import * as batches from './operation-batch.ts';
import * as segments from './segment-routes.ts';
import * as webhooks from './webhook-routes.ts';

/** A handler, and the names that its answer can have at the top; none for an answer without a body. */
type Endpoint = readonly [handle: Handler, names?: readonly string[]];

/** Every path of the API that the sandbox answers; `:name` stands for one part. */
const table: Record<string, Record<string, Endpoint>> = {
  '/': { GET: [accounts.getAccount, accounts.accountNames] },
  '/ping': { GET: [accounts.ping, ['health_status']] },
  '/search-members': { GET: [accounts.searchMembers, ['exact_matches', 'full_search']] },
  '/lists': {
    GET: [lists.listAudiences, ['lists', 'total_items', 'constraints']],
    POST: [lists.addAudience, lists.audienceNames],
  },
  '/lists/:list': {
    GET: [lists.getAudience, lists.audienceNames],
    POST: [upsertBatch, batchAnswerNames],
    PATCH: [lists.changeAudience, lists.audienceNames],
    DELETE: [lists.deleteAudience],
  },
  '/lists/:list/merge-fields': {
    GET: [fields.listMergeFields, ['merge_fields', 'list_id', 'total_items']],
    POST: [fields.addMergeField, fields.mergeFieldNames],
  },
  '/lists/:list/merge-fields/:field': {
    GET: [fields.getMergeField, fields.mergeFieldNames],
    PATCH: [fields.changeMergeField, fields.mergeFieldNames],
    DELETE: [fields.deleteMergeField],
  },
  '/lists/:list/members': {
    GET: [listMembers, ['members', 'list_id', 'total_items']],
    POST: [members.addMember, memberFieldNames],
  },
  '/lists/:list/members/:hash': {
    GET: [members.getMember, memberFieldNames],
    PUT: [members.putMember, memberFieldNames],
    PATCH: [members.patchMember, memberFieldNames],
    DELETE: [members.archiveMember],
  },
  '/lists/:list/members/:hash/actions/delete-permanent': { POST: [members.deletePermanently] },
  '/lists/:list/members/:hash/tags': {
    GET: [members.listMemberTags, ['tags', 'total_items']],
    POST: [members.changeMemberTags],
  },
  '/lists/:list/tag-search': { GET: [segments.searchTags, ['tags', 'total_items']] },
  '/lists/:list/segments': {
    GET: [segments.listSegments, ['segments', 'list_id', 'total_items']],
    POST: [segments.addSegment, segments.segmentNames],
  },
  '/lists/:list/segments/:segment': {
    GET: [segments.getSegment, segments.segmentNames],
    POST: [segments.changeSegmentMembers, segments.segmentMembersNames],
    PATCH: [segments.changeSegment, segments.segmentNames],
    DELETE: [segments.deleteSegment],
  },
  '/lists/:list/segments/:segment/members': {
    GET: [segments.listSegmentMembers, ['members', 'total_items']],
    POST: [segments.addSegmentMember, memberFieldNames],
  },
  '/lists/:list/segments/:segment/members/:hash': { DELETE: [segments.removeSegmentMember] },
  '/lists/:list/interest-categories': {
    GET: [interests.listCategories, ['list_id', 'categories', 'total_items']],
    POST: [interests.addCategory, interests.categoryNames],
  },
  '/lists/:list/interest-categories/:category': {
    GET: [interests.getCategory, interests.categoryNames],
    DELETE: [interests.deleteCategory],
  },
  '/lists/:list/interest-categories/:category/interests': {
    GET: [interests.listInterests, ['interests', 'list_id', 'category_id', 'total_items']],
    POST: [interests.addInterest, interests.interestNames],
  },
  '/lists/:list/interest-categories/:category/interests/:interest': {
    GET: [interests.getInterest, interests.interestNames],
    DELETE: [interests.deleteInterest],
  },
  '/lists/:list/webhooks': {
    GET: [webhooks.listWebhooks, ['webhooks', 'list_id', 'total_items']],
    POST: [webhooks.addWebhook, [...webhooks.webhookNames, 'signing_secret']],
  },
  '/lists/:list/webhooks/:webhook': {
    GET: [webhooks.getWebhook, webhooks.webhookNames],
    PATCH: [webhooks.changeWebhook, webhooks.webhookNames],
    DELETE: [webhooks.deleteWebhook],
  },
  '/batches': {
    GET: [batches.listBatches, ['batches', 'total_items']],
    POST: [batches.startBatch, batches.batchNames],
  },
  '/batches/:batch': { GET: [batches.getBatch, batches.batchNames], DELETE: [batches.deleteBatch] },
  '/batch-webhooks': {
    GET: [batchWebhooks.listBatchWebhooks, ['webhooks', 'total_items']],
    POST: [batchWebhooks.addBatchWebhook, ['id', 'url', 'enabled']],
  },
  '/batch-webhooks/:webhook': { DELETE: [batchWebhooks.deleteBatchWebhook] },
  '/account-exports': {
    GET: [exports.listExports, ['exports', 'total_items']],
    POST: [exports.startExport, exports.exportNames],
  },
  '/account-exports/:export': { GET: [exports.getExport, exports.exportNames] },
};

const routes = Object.entries(table).map(([pattern, endpoints]) => ({
  parts: pattern.split('/'),
  endpoints,
}));

export interface Route {
  /** By method. */
  endpoints: Readonly<Record<string, Endpoint>>;
  params: Record<string, string>;
}

/** The route of a path below `/3.0`, or undefined. */
export function findRoute(path: string): Route | undefined {
  const parts = (path === '' ? '/' : path.replace(/(.)\/$/, '$1')).split('/');
  for (const route of routes) {
    if (route.parts.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = route.parts.every((part, index) => {
      if (!part.startsWith(':')) return part === parts[index];
      params[part.slice(1)] = decoded(parts[index]!);
      return parts[index] !== '';
    });
    if (fits) return { endpoints: route.endpoints, params };
  }
  return undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
