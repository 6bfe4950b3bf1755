import type { Account } from './account.ts';
import type { Answer, ApiCall } from './api-call.ts';
import { requireText } from './api-call.ts';
import { memberView } from './member-view.ts';
import { isoTime } from './seconds.ts';
import { FieldFilter } from './field-filter.ts';

/** `GET /ping` */
export function ping(): unknown {
  return { health_status: "Everything's Chimpy!" };
}

export const accountNames = [
  'account_id',
  'login_id',
  'account_name',
  'email',
  'first_name',
  'last_name',
  'username',
  'avatar_url',
  'role',
  'member_since',
  'pricing_plan_type',
  'first_payment',
  'account_timezone',
  'account_industry',
  'contact',
  'pro_enabled',
  'last_login',
  'total_subscribers',
  'industry_stats',
] as const;

/** `GET /`: the account, with the role of whoever asks, and no contact limit (FACTS §7). */
export function getAccount(account: Account, call: ApiCall): Answer<typeof accountNames> {
  const subscribed = [...account.audiences.values()].map((audience) => audience.members.count('subscribed'));
  return {
    account_id: 'sandbox0account',
    login_id: String(call.user.id),
    account_name: 'Sandbox',
    email: 'owner@acme.test',
    first_name: 'Sandbox',
    last_name: 'Owner',
    username: call.user.name,
    avatar_url: '',
    role: call.user.role,
    member_since: '2020-01-01T00:00:00+00:00',
    pricing_plan_type: account.modes.plan,
    first_payment: '2020-01-01T00:00:00+00:00',
    account_timezone: 'UTC',
    account_industry: '',
    contact: { company: 'Sandbox', addr1: '', addr2: '', city: '', state: '', zip: '', country: 'US' },
    pro_enabled: account.modes.premium,
    last_login: isoTime(account.now()),
    total_subscribers: subscribed.reduce((sum, count) => sum + count, 0),
    industry_stats: { open_rate: 0, bounce_rate: 0, click_rate: 0 },
    _links: [],
  };
}

/** `GET /search-members?query=`: by the exact address only. */
export function searchMembers(account: Account, call: ApiCall): unknown {
  const query = requireText(Object.fromEntries(call.query), 'query');
  const only = call.query.get('list_id');
  const found = [...account.audiences.values()].flatMap((audience) => {
    const member = only === null || only === audience.id ? audience.members.byAddress(query) : undefined;
    return member === undefined ? [] : [memberView(audience, member, FieldFilter.everything)];
  });
  return {
    exact_matches: { members: found, total_items: found.length },
    full_search: { members: found, total_items: found.length },
    _links: [],
  };
}
