import type { Command } from 'commander';
import { Option } from 'commander';
import type { ApiToken } from '../access/api-tokens.ts';
import type { Permission } from '../access/permission.ts';
import type { Role } from '../access/role.ts';
import type { App } from '../app.ts';
import { inputError } from '../base/errors.ts';
import type { Page } from '../base/page.ts';
import { table } from './present-tables.ts';
import type { Shell } from './shell.ts';
import { wholeNumber } from './whole-number.ts';

const roles: readonly Role[] = ['viewer', 'contributor', 'administrator', 'owner'];

/** `postrider users …`, `tokens …` and `audit`: who may come in, with what, and what they did. */
export function addAccessCommands(program: Command, shell: Shell): void {
  addUsers(program, shell);
  addTokens(program, shell);

  program
    .command('rotate-key')
    .description('another secret key in place of the present one; what it seals is sealed anew')
    .action(async () => {
      const { secrets } = await (await shell.app()).rotateKey();
      shell.show(
        { secrets },
        () =>
          `The secret key is another one now; ${secrets} ${secrets === 1 ? 'secret is' : 'secrets are'} sealed with it.`,
      );
    });

  program
    .command('audit')
    .description('who did what: every change, and every look at people')
    .option('--action <action>', 'only this action, or those that begin with it: run, or run.release')
    .option('--subject <subject>', 'only what was done to this, as in export:newsletter')
    .option('--who <name>', 'only what they did')
    .option('--limit <entries>', 'how many, the newest first', wholeNumber, 50)
    .option('--csv', 'all of them as CSV, safe to open in a spreadsheet')
    .action(async ({ csv, limit, ...filter }: AuditFlags) => {
      const app = await shell.app();
      if (csv === true) {
        for await (const lines of app.auditCsv(filter)) await shell.printPage(lines);
        return;
      }
      const { items } = await app.audit({ ...filter, limit });
      shell.show({ entries: items }, () =>
        table(
          ['when', 'who', 'did', 'to'],
          items.map(({ at, who, action, subject }) => [minute(at), who, action, subject]),
        ),
      );
    });
}

interface AuditFlags {
  action?: string;
  subject?: string;
  who?: string;
  limit: number;
  csv?: boolean;
}

function addUsers(program: Command, shell: Shell): void {
  const users = program
    .command('users')
    .description('who may sign in, and as what')
    .action(async () => {
      const app = await shell.app();
      const all = await everyPage((page) => app.users(page));
      shell.show({ users: all }, () =>
        all.length === 0
          ? 'Nobody yet. The first owner comes in by the link of: postrider users owner-link'
          : table(
              ['user', 'name', 'role', 'beyond it', 'last seen'],
              all.map(({ email, name, role, extra, lastSeenAt }) => [
                email,
                name,
                role,
                extra.join(', '),
                lastSeenAt === undefined ? 'never' : minute(lastSeenAt),
              ]),
            ),
      );
    });
  const role = () => new Option('--role <role>', 'as what').choices(roles).default('viewer');
  users
    .command('invite <email>')
    .description('make a link that lets somebody in once; it lives for seven days')
    .addOption(role())
    .action(async (email: string, options: { role: Role }) => {
      const made = await (await shell.app()).inviteUser({ email, role: options.role });
      shell.show(made, () => linkText(made.link, 'Give them this link; it lives for seven days:'));
    });
  users
    .command('role <email> <role>')
    .description(`give somebody another role: ${roles.join(', ')}`)
    .action(async (email: string, given: string) => {
      const wanted = roles.find((each) => each === given);
      if (wanted === undefined)
        throw inputError('bad_role', `There is no role "${given}".`, `Take one of ${roles.join(', ')}.`);
      const changed = await (await shell.app()).changeUser(email, { role: wanted }, '*');
      shell.show({ user: changed }, () => `${changed.email} is ${changed.role} now.`);
    });
  users
    .command('permit <email> [permissions...]')
    .description(
      'what somebody may do beyond the role, as a privacy officer: look.people people.forget; none: nothing',
    )
    .action(async (email: string, permissions: Permission[]) => {
      const changed = await (await shell.app()).changeUser(email, { extra: permissions }, '*');
      shell.show({ user: changed }, () =>
        changed.extra.length === 0
          ? `${changed.email} may do what a ${changed.role} may.`
          : `${changed.email} may also: ${changed.extra.join(', ')}.`,
      );
    });
  users
    .command('remove <email>')
    .description('somebody may not come in any more; exports in their name stop')
    .action(async (email: string) => {
      await (await shell.app()).removeUser(email);
      shell.show({ removed: email }, () => `${email} is removed; sessions and tokens have ended.`);
    });
  users
    .command('reset-link <email>')
    .description('make a link for a new password; it lives for two hours')
    .action(async (email: string) => {
      const made = await (await shell.app()).resetLink(email);
      shell.show(made, () => linkText(made.link, 'Give them this link; it lives for two hours:'));
    });
  users
    .command('owner-link')
    .description('make a link that makes an owner, for whoever sits at this machine; it lives for a day')
    .action(async () => {
      const made = await (await shell.app()).ownerLink();
      shell.show(made, () =>
        linkText(made.link, 'Open this link while the server runs; it lives for a day:'),
      );
    });
  for (const command of users.commands) command.exitOverride();
}

function addTokens(program: Command, shell: Shell): void {
  const tokens = program
    .command('tokens')
    .description('tokens by which programs use the HTTP API')
    .action(async () => {
      const app = await shell.app();
      const all = await everyPage((page) => app.tokens(page));
      shell.show({ tokens: all }, () =>
        all.length === 0
          ? 'No tokens: postrider tokens make NAME --scopes exports.run,refresh.run'
          : table(
              ['token', 'name', 'may', 'until', 'last used', 'state'],
              all.map((token) => [
                token.id,
                token.name,
                token.scopes.join(', '),
                minute(token.expiresAt),
                token.usedAt === undefined ? 'never' : minute(token.usedAt),
                stateOf(token),
              ]),
            ),
      );
    });
  tokens
    .command('make <name>')
    .description('make a token in the name of the first owner; it is shown this once')
    .requiredOption('--scopes <scopes>', 'what it may do, with commas: look,exports.run')
    .option('--days <days>', 'how long it lives', wholeNumber, 90)
    .action(async (name: string, options: { scopes: string; days: number }) => {
      const scopes = options.scopes.split(',').map((scope) => scope.trim()) as Permission[];
      const made = await (await shell.app()).makeToken({ name, scopes, expiresInDays: options.days });
      shell.show({ token: made.secret, id: made.token.id, expiresAt: made.token.expiresAt }, () =>
        linkText(
          made.secret,
          `Keep it now, it is not shown again; it lives until ${minute(made.token.expiresAt)}:`,
        ),
      );
    });
  tokens
    .command('revoke <token>')
    .description('a token counts no more, from now on')
    .action(async (id: string) => {
      await (await shell.app()).revokeToken(id);
      shell.show({ revoked: id }, () => `The token ${id} counts no more.`);
    });
  for (const command of tokens.commands) command.exitOverride();
}

async function everyPage<Item>(
  ask: (page: Parameters<App['users']>[0]) => Promise<Page<Item>>,
): Promise<Item[]> {
  const all: Item[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await ask({ limit: 500, cursor });
    all.push(...items);
    cursor = next;
  } while (cursor !== undefined);
  return all;
}

function stateOf({ revokedAt, expiresAt }: ApiToken): string {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt <= new Date() ? 'over' : 'counts';
}

function linkText(link: string, sentence: string): string {
  return `${sentence}\n\n  ${link}`;
}

function minute(time: Date): string {
  return time.toISOString().slice(0, 16).replace('T', ' ');
}
