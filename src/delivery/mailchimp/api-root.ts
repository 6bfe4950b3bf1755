import { inputError } from '../../base/errors.ts';

/**
 * Where to send requests, with `/3.0` and without a slash at the end.
 * @param token an API key (`…-us21`: the data centre is its tail) or an OAuth token (needs `override`)
 * @param override replaces the whole root, as `MAILCHIMP_BASE_URL` or the OAuth metadata say
 * @throws `input` bad_api_root, no_data_center. The token is in no message.
 */
export function apiRootFor(token: string, override?: string): string {
  if (override !== undefined && override.trim() !== '') return parseApiRoot(override);
  const dataCenter = /-([a-z]{2,5}\d{1,3})$/.exec(token.trim())?.[1];
  if (dataCenter === undefined) {
    throw inputError(
      'no_data_center',
      'The Mailchimp key names no data centre.',
      'Copy the whole key: it ends in "-us21" or the like; for other tokens set MAILCHIMP_BASE_URL.',
    );
  }
  return apiRootOf(dataCenter);
}

/** The API root of one of Mailchimp's data centres, as in `us21`. */
export function apiRootOf(dataCentre: string): string {
  return `https://${dataCentre}.api.mailchimp.com/3.0`;
}

/** An API root that a person or another answer gave, checked and without a slash at the end. */
export function parseApiRoot(text: string): string {
  const url = URL.parse(text.trim());
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw inputError(
      'bad_api_root',
      'The Mailchimp API root is not an http or https address.',
      'Write it like "https://us21.api.mailchimp.com/3.0".',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw inputError(
      'bad_api_root',
      'The Mailchimp API root carries a user, a query or a fragment.',
      'Write only scheme, host and path, like "https://us21.api.mailchimp.com/3.0".',
    );
  }
  return url.href.replace(/\/+$/, '');
}
