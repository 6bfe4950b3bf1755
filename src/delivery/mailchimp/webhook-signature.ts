import { createHmac, timingSafeEqual } from 'node:crypto';

/** A call that was signed longer ago, or ahead, is not believed: somebody may have kept it (FACTS §7). */
const windowMs = 300_000;

/**
 * Whether a call's `X-Mailchimp-Signature`, as in `t=1764050000,v1=5257a8…`, was made with the secret over exactly
 * these bytes and within the last five minutes. While a secret is changed there may be several `v1`.
 */
export function isSignedBy(secret: string, header: string, body: Buffer, now: Date): boolean {
  const parts = header.split(',').map((part) => part.trim().split('=') as [string, string?]);
  const time = parts.find(([name]) => name === 't')?.[1];
  if (time === undefined || !/^\d{1,12}$/.test(time)) return false;
  if (Math.abs(now.getTime() - Number(time) * 1000) > windowMs) return false;
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  return parts.some(([name, value = '']) => {
    if (name !== 'v1' || !/^[0-9a-f]{64}$/i.test(value)) return false;
    return timingSafeEqual(Buffer.from(value, 'hex'), expected);
  });
}
