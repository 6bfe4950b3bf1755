import { describe, expect, it } from 'vitest';
import { PostriderError } from '../base/errors.ts';
import { parseWorkspace } from './parse-workspace.ts';

const parse = (text: string, env: Record<string, string> = {}) => parseWorkspace(text, 'w.yaml', env);

function failureOf(text: string, env: Record<string, string> = {}): PostriderError {
  try {
    parse(text, env);
  } catch (error) {
    expect(error).toBeInstanceOf(PostriderError);
    return error as PostriderError;
  }
  throw new Error('it was let through');
}

const account = `connections:
  account: { type: mailchimp, apiKey: k, consent: { agreedBy: ana, date: '2026-11-24', text: v1 } }
`;
const everybody = 'rules: { combinator: and, rules: [] }';
const whole = `version: 1
sources:
  crm: { type: csv, path: crm.csv, key: id }
unify:
  sources: [{ source: crm, attributes: { email: mail, first_name: fname } }]
segments:
  all: { ${everybody} }
${account}exports:
  news:
    connection: account
    audience: 'abc123'
    match: { email: email }
    attributes: { FNAME: first_name }
    segments: [all]
`;

describe('a good workspace file', () => {
  it('is what it says, with what it leaves out filled in', () => {
    const file = parse(whole);
    expect(Object.keys(file.sources)).toEqual(['crm']);
    expect(file.exports.news).toEqual({
      connection: 'account',
      audience: 'abc123',
      match: { email: 'email' },
      attributes: { FNAME: 'first_name' },
      segments: ['all'],
      exclude: [],
      adoptTags: [],
      newContacts: 'subscribed',
      leavers: 'untag',
      requiredFields: 'fill',
      tagPrefix: '',
      limits: { leavers: '10%', people: 1_000_000 },
    });
    expect(file.relationships).toEqual({});
    expect(file.schedule).toBeUndefined();
  });

  it('may be JSON', () => {
    expect(parse(JSON.stringify(parse(whole), undefined, 2))).toEqual(parse(whole));
  });

  it('may hold nothing but its version', () => {
    expect(parse('version: 1')).toMatchObject({ sources: {}, exports: {} });
  });

  it('keeps the order of ids', () => {
    const ids = ['zeta', 'alpha', 'mid', 'Beta'];
    const text = `version: 1\nsegments:\n${ids.map((id) => `  ${id}: { ${everybody} }\n`).join('')}`;
    expect(Object.keys(parse(text).segments)).toEqual(ids);
  });

  it('may use anchors', () => {
    const text = `version: 1
segments:
  one: { rules: &rules { combinator: or, rules: [{ field: country, operator: '=', value: '\${COUNTRY}' }] } }
  two: { rules: *rules }
`;
    const { segments } = parse(text, { COUNTRY: 'RO' });
    expect(segments.two?.rules).toEqual(segments.one?.rules);
    expect(JSON.stringify(segments.two)).toContain('"RO"');
  });

  it.each([
    ['no', 'no'],
    ['yes', 'yes'],
    ['on', 'on'],
    ['off', 'off'],
    ['NO', 'NO'],
    ['y', 'y'],
    ['2026-11-24', '2026-11-24'],
    ['12:30:45', '12:30:45'],
    ['1_000', '1_000'],
    ['0b11', '0b11'],
    ['0o17', 15],
    ['017', 17],
    ['true', true],
    ['1e3', 1000],
  ])('reads %s as YAML 1.2 does', (text, value) => {
    const rules = `{ combinator: and, rules: [{ field: x, operator: '=', value: ${text} }] }`;
    const parsed = parse(`version: 1\nsegments:\n  one: { rules: ${rules} }\n`);
    expect(parsed.segments.one?.rules?.rules[0]).toMatchObject({ value });
  });

  it('may have ids that YAML 1.1 would not leave alone', () => {
    const text = `version: 1\nsegments:\n  no: { ${everybody} }\n  on: { ${everybody} }\n`;
    expect(Object.keys(parse(text).segments)).toEqual(['no', 'on']);
  });
});

describe('the environment', () => {
  const withName = (value: string) => `version: 1\nsegments:\n  one: { name: '${value}', ${everybody} }\n`;
  const env = { WHO: 'Ana', _x1: 'x', EMPTY: '', NESTED: '${WHO}' };

  it.each([
    ['${WHO}', 'Ana'],
    ['for ${WHO}, ${WHO}', 'for Ana, Ana'],
    ['${_x1}', 'x'],
    ['a${EMPTY}b', 'ab'],
    ['${NESTED}', '${WHO}'],
    ['$WHO', '$WHO'],
    ['$$', '$$'],
    ['{WHO}', '{WHO}'],
    // `$${` is a plain `${` (docs/workspace-file.md).
    ['$${WHO}', '${WHO}'],
    ['$${NOBODY}', '${NOBODY}'],
    ['$${WHO} is ${WHO}', '${WHO} is Ana'],
    ['$$${WHO}', '$${WHO}'],
    ['$${', '${'],
    ['$${not a name}', '${not a name}'],
  ])('makes of %s: %s', (written, read) => {
    expect(parse(withName(written), env).segments.one?.name).toBe(read);
  });

  it('is read in lists too, and not in keys', () => {
    const text = whole.replace('segments: [all]', "segments: ['${SEGMENT}']");
    expect(parse(text, { SEGMENT: 'all' }).exports.news?.segments).toEqual(['all']);
    const key = failureOf(`version: 1\nsegments: { '\${WHO}': { ${everybody} } }`, env);
    expect(key.message).toContain('${WHO}: an id begins with a letter');
  });

  it('is missed where the name stands, once for each', () => {
    const error = failureOf(withName('for ${NOBODY} ${NOWHERE}'));
    expect(error.message.split('\n')).toEqual([
      'w.yaml:3:10 segments.one.name: the environment has no variable NOBODY. Set it: export NOBODY=…',
      'w.yaml:3:10 segments.one.name: the environment has no variable NOWHERE. Set it: export NOWHERE=…',
    ]);
  });

  it('is not missed twice where nothing but the name stands', () => {
    const error = failureOf(whole.replace('apiKey: k', "apiKey: '${MAILCHIMP_API_KEY}'"));
    expect(error.message.split('\n')).toHaveLength(1);
    expect(error.hint).toBe('Set it: export MAILCHIMP_API_KEY=…');
  });

  it('shows nothing of itself in a message', () => {
    const text = whole.replace('apiKey: k', "apiKey: '${KEY}'");
    const error = failureOf(text, { KEY: 'very secret key' });
    expect(JSON.stringify(error)).not.toContain('very secret');
    expect(error.message).toContain('w.yaml:9:31 connections.account.apiKey: expected an API key');
  });
});

interface Bad {
  of: string;
  /** Replaced in the good file. */
  from: string;
  to: string;
  /** The first line of the message, or how it begins. */
  says: string | RegExp;
}

describe('a bad workspace file', () => {
  it.each<Bad>([
    {
      of: 'an unknown key at the top',
      from: 'unify:',
      to: 'unfy:',
      says: 'w.yaml:4:1 unfy: unknown key "unfy". Did you mean "unify"?',
    },
    {
      of: 'an unknown key of a source',
      from: 'path: crm.csv',
      to: 'pth: crm.csv',
      says: /^w\.yaml:3:3 sources\.crm\.path: .*\nw\.yaml:3:21 sources\.crm\.pth: unknown key "pth"\. Did you mean "path"\?/,
    },
    {
      of: 'an unknown key of an export',
      from: 'segments: [all]',
      to: 'segments: [all]\n    leaver: keep',
      says: 'w.yaml:17:5 exports.news.leaver: unknown key "leaver". Did you mean "leavers"?',
    },
    {
      of: 'an unknown key of limits',
      from: 'segments: [all]',
      to: 'segments: [all]\n    limits: { leaver: 10% }',
      says: 'w.yaml:17:15 exports.news.limits.leaver: unknown key "leaver". Did you mean "leavers"?',
    },
    {
      of: 'an unknown key inside a rule',
      from: 'rules: [] }',
      to: "rules: [{ field: x, operator: '=', value: 1, valueSorce: field }] }",
      says: /^w\.yaml:7:\d+ segments\.all\.rules\.rules\[0\]\.valueSorce: unknown key "valueSorce"\. Did you mean "valueSource"\?/,
    },
    {
      of: 'an audience that YAML reads as a number',
      from: "audience: 'abc123'",
      to: 'audience: 1234567890',
      says: 'w.yaml:13:5 exports.news.audience: must be text: quote it, as in audience: "1234567890".',
    },
    {
      of: 'one in scientific notation',
      from: "audience: 'abc123'",
      to: 'audience: 12e4',
      says: 'w.yaml:13:5 exports.news.audience: must be text: quote it, as in audience: "1234567890".',
    },
    {
      of: 'a key that YAML reads as a number',
      from: 'key: id',
      to: 'key: 2021',
      says: /^w\.yaml:3:36 sources\.crm\.key: .*quote/,
    },
    {
      of: 'one among several keys',
      from: 'key: id',
      to: 'key: [id, 2021]',
      says: /^w\.yaml:3:46 sources\.crm\.key\[1\]: .*quote/,
    },
    {
      of: 'a source of an unknown type',
      from: 'type: csv',
      to: 'type: excel',
      says: /^w\.yaml:3:10 sources\.crm\.type: /,
    },
    {
      of: 'a source that does not exist',
      from: 'source: crm',
      to: 'source: cmr',
      says: 'w.yaml:5:15 unify.sources[0].source: there is no source "cmr". Did you mean "crm"?',
    },
    {
      of: 'a segment that does not exist',
      from: '[all]',
      to: '[al]',
      says: 'w.yaml:16:16 exports.news.segments[0]: there is no segment "al". Did you mean "all"?',
    },
    {
      of: 'a bad id',
      from: '  all: {',
      to: '  2all: {',
      says: /^w\.yaml:7:3 segments\.2all: an id begins with a letter/,
    },
    {
      of: 'a list where a mapping must be',
      from: `segments:\n  all: { ${everybody} }`,
      to: 'segments: [all]',
      says: /^w\.yaml:6:1 segments: .*expected record/,
    },
    {
      of: 'a choice that is none',
      from: 'segments: [all]',
      to: 'segments: [all]\n    leavers: delete',
      says: /^w\.yaml:17:5 exports\.news\.leavers: .*"untag"\|"archive"\|"keep"/,
    },
    {
      of: 'YAML 1.1 where a truth value must be',
      from: 'key: id }',
      to: 'key: id, header: no }',
      says: /^w\.yaml:3:45 sources\.crm\.header: .*expected boolean/,
    },
    {
      of: 'no version',
      from: 'version: 1\n',
      to: '',
      says: /^w\.yaml:1:1 version: must be 1\./,
    },
    { of: 'a newer version', from: 'version: 1', to: 'version: 2', says: 'w.yaml:1:1 version: must be 1.' },
    {
      of: 'no consent',
      from: ", consent: { agreedBy: ana, date: '2026-11-24', text: v1 }",
      to: '',
      says: /^w\.yaml:9:3 connections\.account\.consent: A Mailchimp connection is saved only with the consent/,
    },
    {
      of: 'a merge field in lower case',
      from: 'FNAME: first_name',
      to: 'fname: first_name',
      says: /^w\.yaml:15:19 exports\.news\.attributes\.fname: /,
    },
    {
      of: 'a time of day that is none',
      from: 'exports:',
      to: "schedule: { timeZone: Europe/Bucharest, daily: ['24:00'] }\nexports:",
      says: 'w.yaml:10:49 schedule.daily[0]: must be a time of day, as in "06:00".',
    },
    {
      of: 'a time zone that is none',
      from: 'exports:',
      to: 'schedule: { timeZone: Bucharest }\nexports:',
      says: 'w.yaml:10:13 schedule.timeZone: must be a time zone by its IANA name, as in Europe/Bucharest.',
    },
    {
      of: 'dots in a name that it repeats',
      from: 'path: crm.csv',
      to: 'path: crm.csv, "a..b": 1',
      says: /^w\.yaml:3:36 sources\.crm\.a\.\.b: unknown key "a\.\.b"/m,
    },
  ])('with $of is refused at its place', ({ from, to, says }) => {
    expect(whole).toContain(from);
    const error = failureOf(whole.replace(from, to));
    expect(error).toMatchObject({ kind: 'input', code: 'workspace_invalid' });
    if (typeof says === 'string') expect(error.message.split('\n')[0]).toBe(says);
    else expect(error.message).toMatch(says);
  });

  it.each([
    { of: 'a bracket that does not close', text: 'version: 1\nsources: { crm: {', at: /^w\.yaml:2:/ },
    { of: 'a key twice', text: 'version: 1\nsources: {}\nsources: {}\n', at: /^w\.yaml:3:1 / },
    { of: 'a tab for indentation', text: 'version: 1\nsources:\n\tcrm: {}\n', at: /^w\.yaml:3:1 / },
    { of: 'two documents', text: 'version: 1\n---\nversion: 1\n', at: /^w\.yaml:/ },
    {
      of: 'an environment variable without quotes',
      text: 'version: 1\nsources: { crm: { path: ${FILE} } }\n',
      at: /^w\.yaml:2:/,
    },
  ])('with $of is refused where the slip is', ({ text, at }) => {
    const error = failureOf(text);
    expect(error).toMatchObject({ kind: 'input', code: 'workspace_syntax' });
    expect(error.message).toMatch(at);
    expect(error.message.split('\n')).toHaveLength(1);
  });

  it.each([
    { of: 'an alias of nothing', text: 'version: 1\nsegments: *nothing\n' },
    {
      of: 'an alias within its own anchor',
      text: 'version: 1\nsegments: { one: { rules: &r { combinator: and, rules: [*r] } } }\n',
    },
    {
      of: 'aliases that grow without end',
      text: `version: 1\na: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefg'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[index]}`).join(',')}]\n`)
        .join('')}`,
    },
  ])('with $of is refused, not a crash', ({ text }) => {
    const error = failureOf(text);
    expect(error).toMatchObject({ kind: 'input', code: 'workspace_syntax' });
    expect(error.message).toMatch(/^w\.yaml:[23]:/);
  });

  it.each(['', '# nothing yet\n', '~', 'just text', '[]', '42'])(
    'that is %j is told what a file holds',
    (text) => {
      const error = failureOf(text);
      expect(error).toMatchObject({ kind: 'input', code: 'workspace_invalid' });
      expect(error.message).toMatch(/^w\.yaml:1:1 [^:]/);
    },
  );

  it('names every problem at once, in the order of the file where it can', () => {
    const text = whole
      .replace('source: crm', 'source: cmr')
      .replace('email: email }', 'email: mail }')
      .replace('connection: account', 'connection: acount');
    const error = failureOf(text);
    expect(error.message.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'w.yaml:5:15',
      'w.yaml:12:5',
      'w.yaml:14:14',
    ]);
    expect(error.hint).toBe('Mend these places; nothing was changed.');
  });
});
