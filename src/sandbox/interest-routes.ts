import type { Account } from './account.ts';
import { pageItems, requireAudience, requireText } from './api-call.ts';
import type { Answer, ApiCall } from './api-call.ts';
import type { Audience } from './audience.ts';
import { interestCategoryTypes } from './interests.ts';
import type { Interest, InterestCategory, InterestCategoryType } from './interests.ts';
import { rareFact } from './member.ts';
import { invalidResource, notFound } from './problem.ts';

export function listCategories(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const all = [...audience.interests.categories.values()];
  return {
    list_id: audience.id,
    categories: pageItems(all, call.query).map((category) => categoryView(audience, category)),
    total_items: all.length,
    _links: [],
  };
}

export function getCategory(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  return categoryView(audience, requireCategory(audience, call));
}

export function addCategory(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const title = requireText(call.body, 'title');
  const type = requireText(call.body, 'type') as InterestCategoryType;
  if (!interestCategoryTypes.includes(type)) {
    throw invalidResource([
      { field: 'type', message: 'Data did not match any of the schemas described in anyOf.' },
    ]);
  }
  return categoryView(audience, audience.interests.addCategory(title, type));
}

export function deleteCategory(account: Account, call: ApiCall): undefined {
  const audience = requireAudience(account, call);
  audience.interests.categories.delete(requireCategory(audience, call).id);
}

export function listInterests(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const category = requireCategory(audience, call);
  const all = [...category.interests.values()];
  const counts = countInterested(audience);
  return {
    interests: pageItems(all, call.query).map((interest) =>
      interestView(audience, category, interest, counts),
    ),
    list_id: audience.id,
    category_id: category.id,
    total_items: all.length,
    _links: [],
  };
}

export function getInterest(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const category = requireCategory(audience, call);
  return interestView(audience, category, requireInterest(category, call));
}

export function addInterest(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const category = requireCategory(audience, call);
  return interestView(
    audience,
    category,
    audience.interests.addInterest(category, requireText(call.body, 'name')),
  );
}

export function deleteInterest(account: Account, call: ApiCall): undefined {
  const category = requireCategory(requireAudience(account, call), call);
  category.interests.delete(requireInterest(category, call).id);
}

function requireCategory(audience: Audience, call: ApiCall): InterestCategory {
  const category = audience.interests.categories.get(call.params['category'] ?? '');
  if (category === undefined) throw notFound();
  return category;
}

function requireInterest(category: InterestCategory, call: ApiCall): Interest {
  const interest = category.interests.get(call.params['interest'] ?? '');
  if (interest === undefined) throw notFound();
  return interest;
}

export const categoryNames = ['list_id', 'id', 'title', 'display_order', 'type'] as const;

function categoryView(audience: Audience, category: InterestCategory): Answer<typeof categoryNames> {
  const { id, title, type, displayOrder } = category;
  return { list_id: audience.id, id, title, display_order: displayOrder, type, _links: [] };
}

export const interestNames = [
  'category_id',
  'list_id',
  'id',
  'name',
  'subscriber_count',
  'display_order',
] as const;

function interestView(
  audience: Audience,
  category: InterestCategory,
  interest: Interest,
  counts = countInterested(audience),
): Answer<typeof interestNames> {
  return {
    category_id: category.id,
    list_id: audience.id,
    id: interest.id,
    name: interest.name,
    // A number in a string, as in the official description.
    subscriber_count: String(counts.get(interest.id) ?? 0),
    display_order: interest.displayOrder,
    _links: [],
  };
}

/** How many chose each interest, by its id: one walk over the audience. */
function countInterested(audience: Audience): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { rare } of audience.members.all()) {
    for (const id of rareFact(rare, 'interests')) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
