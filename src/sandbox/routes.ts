import { getExport, listExports, startExport } from './account-exports.ts';
import { getAccount, ping, searchMembers } from './account-routes.ts';
import type { Handler } from './api-call.ts';
import { upsertBatch } from './batch-upsert.ts';
import { addBatchWebhook, deleteBatchWebhook, listBatchWebhooks } from './batch-webhook-routes.ts';
import * as interests from './interest-routes.ts';
import * as lists from './list-routes.ts';
import { listMembers } from './member-listing.ts';
import * as members from './member-routes.ts';
import * as fields from './merge-field-routes.ts';
import * as batches from './operation-batch.ts';
import * as segments from './segment-routes.ts';
import * as webhooks from './webhook-routes.ts';

/** Every path of the API that the sandbox answers; `:name` stands for one part. */
const table: Record<string, Record<string, Handler>> = {
  '/': { GET: getAccount },
  '/ping': { GET: ping },
  '/search-members': { GET: searchMembers },
  '/lists': { GET: lists.listAudiences, POST: lists.addAudience },
  '/lists/:list': {
    GET: lists.getAudience,
    POST: upsertBatch,
    PATCH: lists.changeAudience,
    DELETE: lists.deleteAudience,
  },
  '/lists/:list/merge-fields': { GET: fields.listMergeFields, POST: fields.addMergeField },
  '/lists/:list/merge-fields/:field': {
    GET: fields.getMergeField,
    PATCH: fields.changeMergeField,
    DELETE: fields.deleteMergeField,
  },
  '/lists/:list/members': { GET: listMembers, POST: members.addMember },
  '/lists/:list/members/:hash': {
    GET: members.getMember,
    PUT: members.putMember,
    PATCH: members.patchMember,
    DELETE: members.archiveMember,
  },
  '/lists/:list/members/:hash/actions/delete-permanent': { POST: members.deletePermanently },
  '/lists/:list/members/:hash/tags': { GET: members.listMemberTags, POST: members.changeMemberTags },
  '/lists/:list/tag-search': { GET: segments.searchTags },
  '/lists/:list/segments': { GET: segments.listSegments, POST: segments.addSegment },
  '/lists/:list/segments/:segment': {
    GET: segments.getSegment,
    POST: segments.changeSegmentMembers,
    PATCH: segments.changeSegment,
    DELETE: segments.deleteSegment,
  },
  '/lists/:list/segments/:segment/members': {
    GET: segments.listSegmentMembers,
    POST: segments.addSegmentMember,
  },
  '/lists/:list/segments/:segment/members/:hash': { DELETE: segments.removeSegmentMember },
  '/lists/:list/interest-categories': { GET: interests.listCategories, POST: interests.addCategory },
  '/lists/:list/interest-categories/:category': {
    GET: interests.getCategory,
    DELETE: interests.deleteCategory,
  },
  '/lists/:list/interest-categories/:category/interests': {
    GET: interests.listInterests,
    POST: interests.addInterest,
  },
  '/lists/:list/interest-categories/:category/interests/:interest': {
    GET: interests.getInterest,
    DELETE: interests.deleteInterest,
  },
  '/lists/:list/webhooks': { GET: webhooks.listWebhooks, POST: webhooks.addWebhook },
  '/lists/:list/webhooks/:webhook': {
    GET: webhooks.getWebhook,
    PATCH: webhooks.changeWebhook,
    DELETE: webhooks.deleteWebhook,
  },
  '/batches': { GET: batches.listBatches, POST: batches.startBatch },
  '/batches/:batch': { GET: batches.getBatch, DELETE: batches.deleteBatch },
  '/batch-webhooks': { GET: listBatchWebhooks, POST: addBatchWebhook },
  '/batch-webhooks/:webhook': { DELETE: deleteBatchWebhook },
  '/account-exports': { GET: listExports, POST: startExport },
  '/account-exports/:export': { GET: getExport },
};

const routes = Object.entries(table).map(([pattern, handlers]) => ({ parts: pattern.split('/'), handlers }));

export interface Route {
  handlers: Readonly<Record<string, Handler>>;
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
    if (fits) return { handlers: route.handlers, params };
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
