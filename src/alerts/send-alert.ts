import { createHmac } from 'node:crypto';
import { PostriderError } from '../base/errors.ts';
import type { AlertTarget } from './alert-channels.ts';
import { guardedPost } from './guarded-request.ts';

/** Something that somebody should know now. No people's data: alerts go through other people's machines. */
export interface Alert {
  /** `failed`: for good; `stopped`: a brake waits; `skipped`: because of something before it; `recovered`: well again. */
  event: 'failed' | 'stopped' | 'skipped' | 'recovered' | 'test';
  /** What it is about, as in `export newsletter`. */
  subject: string;
  /** One line. */
  title: string;
  /** More, and what to do. */
  text: string;
  code: string | undefined;
  /** Where to look. */
  link: string;
  at: Date;
}

export interface AlertSettings {
  mail: { smtpUrl: string; from: string } | undefined;
  /** Hosts of the own network that may be called. */
  hosts: readonly string[];
}

/** @throws `configuration` / `mail_absent`; `remote` / `mail_refused`; as `guardedPost` */
export async function sendAlert(target: AlertTarget, alert: Alert, settings: AlertSettings): Promise<void> {
  switch (target.kind) {
    case 'email':
      return sendMail(target.to, alert, settings);
    case 'slack': {
      const text = `*${escaped(alert.title)}*\n${escaped(alert.text)}\n<${alert.link}>`;
      return guardedPost(target.url, { body: JSON.stringify({ text }), headers: {} }, settings.hosts);
    }
    case 'webhook': {
      const body = JSON.stringify(alert);
      const t = Math.floor(alert.at.getTime() / 1000);
      const v1 = createHmac('sha256', target.secret).update(`${t}.${body}`).digest('hex');
      const headers = { 'x-postrider-signature': `t=${t},v1=${v1}` };
      return guardedPost(target.url, { body, headers }, settings.hosts);
    }
    default:
      throw new Error(`no such channel: ${String(target satisfies never)}`);
  }
}

/** Its own are minutes, and an alert is tried three times. */
const mailPatience = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 10_000 };

async function sendMail(to: readonly string[], alert: Alert, { mail }: AlertSettings): Promise<void> {
  if (mail === undefined) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'mail_absent',
      message: 'It is not said how mail is sent from here.',
      hint: 'Set POSTRIDER_SMTP_URL and POSTRIDER_MAIL_FROM.',
    });
  }
  // Most commands send no mail.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({ url: mail.smtpUrl, ...mailPatience }, { from: mail.from });
  try {
    await transport.sendMail({
      to: [...to],
      subject: `Postrider: ${alert.title}`,
      text: `${alert.title}\n\n${alert.text}\n\n${alert.link}\n`,
      // So that programs which answer by themselves do not.
      headers: { 'auto-submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  } catch (cause) {
    throw new PostriderError({
      kind: 'remote',
      code: 'mail_refused',
      message: 'The mail server did not take the mail.',
      hint: 'Check POSTRIDER_SMTP_URL, and whether that server lets POSTRIDER_MAIL_FROM send.',
      retry: 'later',
      cause,
    });
  } finally {
    transport.close();
  }
}

/** Slack reads these as its own signs. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
