import { memberHash } from '../member-hash.ts';

/** A member with every part that the live API sends, most of them of no use to us (FACTS §5). */
export function fullMember(address: string, more: object = {}): Record<string, unknown> {
  return {
    id: memberHash(address),
    email_address: address,
    unique_email_id: '1a2b3c4d5e',
    contact_id: 'c0ffee',
    full_name: 'Ana',
    web_id: 123456,
    email_type: 'html',
    status: 'subscribed',
    unsubscribe_reason: '',
    consents_to_one_to_one_messaging: true,
    sms_phone_number: '',
    sms_subscription_status: '',
    merge_fields: { FNAME: 'Ana', LTV: 12.5, ADDRESS: { city: 'Brașov', addr1: 'Str. Lungă 1' }, NOTE: null },
    interests: { a1b2c3: false },
    stats: {
      avg_open_rate: 0,
      avg_click_rate: 0,
      ecommerce_data: { total_revenue: 0, currency_code: 'RON' },
    },
    ip_signup: '',
    timestamp_signup: '',
    ip_opt: '10.0.0.1',
    timestamp_opt: '2026-01-01T00:00:00+00:00',
    member_rating: 2,
    last_changed: '2026-11-24T06:00:00+00:00',
    language: '',
    vip: false,
    email_client: '',
    location: { latitude: 0, longitude: 0, gmtoff: 0, dstoff: 0, country_code: '', timezone: '', region: '' },
    marketing_permissions: [{ marketing_permission_id: 'p1', text: 'Email', enabled: true }],
    source: 'API - Generic',
    tags_count: 2,
    tags: [
      { id: 1, name: 'VIP' },
      { id: 2, name: 'Big spenders' },
    ],
    list_id: 'abc123def4',
    _links: Array.from({ length: 8 }, () => ({
      rel: 'self',
      href: 'https://us21.api.mailchimp.com/3.0/lists/abc123def4/members/x',
      method: 'GET',
      targetSchema: 'https://us21.api.mailchimp.com/schema/3.0/Definitions/Lists/Members/Response.json',
    })),
    ...more,
  };
}
