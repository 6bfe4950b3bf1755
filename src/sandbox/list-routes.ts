import type { Account } from './account.ts';
import { pageItems, requireAudience, requireText } from './api-call.ts';
import type { Answer, ApiCall } from './api-call.ts';
import { countByStatus, createAudience } from './audience.ts';
import type { Audience } from './audience.ts';
import type { MemberStatus } from './member.ts';
import { randomHex } from './random.ts';
import { isoTime } from './seconds.ts';

/** `GET /lists` */
export function listAudiences(account: Account, call: ApiCall): unknown {
  const all = [...account.audiences.values()];
  return {
    lists: pageItems(all, call.query).map((audience) => audienceView(account, audience, call)),
    total_items: all.length,
    constraints: { may_create: true, max_instances: 100, current_total_instances: all.length },
    _links: [],
  };
}

/** `GET /lists/{list_id}` */
export function getAudience(account: Account, call: ApiCall): unknown {
  return audienceView(account, requireAudience(account, call), call);
}

/** `POST /lists` */
export function addAudience(account: Account, call: ApiCall): unknown {
  const { body } = call;
  const settings = {
    id: randomHex(account.random, 10),
    name: requireText(body, 'name'),
    doubleOptIn: body['double_optin'] === true,
    emailTypeOption: body['email_type_option'] === true,
  };
  const audience = createAudience(settings, account.audiencesMade++, account.now());
  account.audiences.set(audience.id, audience);
  return audienceView(account, audience, call);
}

/** `PATCH /lists/{list_id}` */
export function changeAudience(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const { body } = call;
  if (body['name'] !== undefined) audience.name = requireText(body, 'name');
  if (typeof body['double_optin'] === 'boolean') audience.doubleOptIn = body['double_optin'];
  if (typeof body['email_type_option'] === 'boolean') audience.emailTypeOption = body['email_type_option'];
  return audienceView(account, audience, call);
}

/** `DELETE /lists/{list_id}` */
export function deleteAudience(account: Account, call: ApiCall): undefined {
  account.audiences.delete(requireAudience(account, call).id);
}

export const audienceNames = [
  'id',
  'web_id',
  'name',
  'contact',
  'permission_reminder',
  'use_archive_bar',
  'campaign_defaults',
  'notify_on_subscribe',
  'notify_on_unsubscribe',
  'date_created',
  'list_rating',
  'email_type_option',
  'subscribe_url_short',
  'subscribe_url_long',
  'beamer_address',
  'visibility',
  'double_optin',
  'has_welcome',
  'marketing_permissions',
  'modules',
  'stats',
] as const;

function audienceView(account: Account, audience: Audience, call: ApiCall): Answer<typeof audienceNames> {
  const counts = shownCounts(account, audience);
  const total = counts.subscribed + counts.unsubscribed + counts.cleaned + counts.transactional;
  return {
    id: audience.id,
    web_id: audience.webId,
    name: audience.name,
    contact: {
      company: 'Sandbox',
      address1: '1 Sandbox Way',
      address2: '',
      city: 'Atlanta',
      state: 'GA',
      zip: '30308',
      country: 'US',
      phone: '',
    },
    permission_reminder: 'You signed up in the sandbox.',
    use_archive_bar: false,
    campaign_defaults: { from_name: 'Sandbox', from_email: 'sandbox@acme.test', subject: '', language: 'en' },
    notify_on_subscribe: '',
    notify_on_unsubscribe: '',
    date_created: isoTime(audience.createdAt),
    list_rating: 0,
    email_type_option: audience.emailTypeOption,
    subscribe_url_short: '',
    subscribe_url_long: '',
    beamer_address: '',
    visibility: 'prv',
    double_optin: audience.doubleOptIn,
    has_welcome: false,
    marketing_permissions: audience.permissions.length > 0,
    modules: [],
    stats: {
      member_count: counts.subscribed,
      ...(call.query.get('include_total_contacts') === 'true' ? { total_contacts: total } : {}),
      unsubscribe_count: counts.unsubscribed,
      cleaned_count: counts.cleaned,
      member_count_since_send: counts.subscribed,
      unsubscribe_count_since_send: counts.unsubscribed,
      cleaned_count_since_send: counts.cleaned,
      campaign_count: 0,
      campaign_last_sent: '',
      merge_field_count: audience.fields.size,
      avg_sub_rate: 0,
      avg_unsub_rate: 0,
      target_sub_rate: 0,
      open_rate: 0,
      click_rate: 0,
      last_sub_date: '',
      last_unsub_date: '',
    },
    _links: [],
  };
}

/** The counts as of at most `statsDelaySeconds` ago: they are not kept up to date in Mailchimp (FACTS §9.20). */
function shownCounts(account: Account, audience: Audience): Record<MemberStatus, number> {
  const now = account.now();
  const shown = audience.shownCounts;
  if (shown !== undefined && now - shown.takenAt < account.modes.statsDelaySeconds) return shown.counts;
  audience.shownCounts = { counts: countByStatus(audience), takenAt: now };
  return audience.shownCounts.counts;
}
