import type { IncomingMessage } from 'node:http';
import type { User } from './access.ts';
import type { Account } from './account.ts';
import { keyInvalid, keyMissing, Problem, userDisabled } from './problem.ts';

/** The user behind the request's token, or why there is none. Basic with any name, or Bearer (FACTS §2). */
export function whoAsks(account: Account, request: IncomingMessage): User | Problem {
  const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ');
  const token = tokenOf(scheme.toLowerCase(), credentials);
  if (token === undefined || token === '') return keyMissing();
  const user = account.access.userOfToken(token);
  if (user === undefined) return keyInvalid();
  return user.state === 'disabled' ? userDisabled() : user;
}

function tokenOf(scheme: string, credentials: string): string | undefined {
  if (scheme === 'bearer') return credentials;
  if (scheme !== 'basic') return undefined;
  const decoded = Buffer.from(credentials, 'base64').toString();
  return decoded.slice(decoded.indexOf(':') + 1);
}
