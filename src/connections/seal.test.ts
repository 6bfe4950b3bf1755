import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { open, seal, type SecretKey } from './seal.ts';
import { parseSecretKey, readSecretKey } from './secret-key.ts';

const hex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const base64 = Buffer.from(hex, 'hex').toString('base64');
const key = keyOf(hex);
const otherKey = keyOf('ff'.repeat(32));

describe('seal and open', () => {
  it('gives back every text, only for what it belongs to', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (text, owner, other) => {
        const sealed = seal(key, text, owner);
        expect(open(key, sealed, owner)).toBe(text);
        if (Buffer.from(owner).equals(Buffer.from(other))) return;
        expect(() => open(key, sealed, other)).toThrow(/damaged/);
      }),
    );
  });

  it('seals one text differently each time and shows nothing of it', () => {
    const [one, two] = [seal(key, 'my secret', 'x'), seal(key, 'my secret', 'x')];
    expect(one.text).not.toBe(two.text);
    expect(Buffer.from(one.text.slice(3), 'base64url').includes('secret')).toBe(false);
  });

  it('notices a change of any byte', () => {
    const sealed = seal(key, 'my secret', 'x');
    const bytes = Buffer.from(sealed.text.slice(3), 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1;
      const text = `v1.${changed.toString('base64url')}`;
      expect(() => open(key, { ...sealed, text }, 'x')).toThrow(
        expect.objectContaining({ code: 'secret_damaged' }),
      );
    }
  });

  it.each(['', 'v1.', 'v2.AAAA', 'v1.AAAA', 'plain'])('takes "%s" for damaged', (text) => {
    expect(() => open(key, { text, keyId: key.id }, 'x')).toThrow(
      expect.objectContaining({ code: 'secret_damaged' }),
    );
  });

  it('tells a wrong key from a damaged secret', () => {
    expect(() => open(otherKey, seal(key, 'my secret', 'x'), 'x')).toThrow(
      expect.objectContaining({ code: 'wrong_secret_key' }),
    );
  });

  it('shows no key when it is printed', () => {
    for (const text of [inspect(key, { depth: 9, showHidden: true }), JSON.stringify(key)]) {
      expect(text).toContain(key.id);
      expect(text).not.toMatch(/000102|AAECAw|0, 1, 2, 3/);
    }
  });
});

describe('parseSecretKey', () => {
  it.each([
    { form: 'hexadecimal', text: hex },
    { form: 'capital hexadecimal', text: hex.toUpperCase() },
    { form: 'base64', text: base64 },
    { form: 'base64 without its end', text: base64.replace('=', '') },
    { form: 'base64url', text: Buffer.from(hex, 'hex').toString('base64url') },
    { form: 'base64 with a line break', text: `${base64}\n` },
  ])('reads $form', ({ text }) => {
    expect(parseSecretKey(text)?.id).toBe(key.id);
  });

  it.each(['', 'too short', hex.slice(2), `${hex}00`, base64.slice(4), `${base64}AAAA`])(
    'refuses "%s"',
    (text) => {
      expect(parseSecretKey(text)).toBeUndefined();
    },
  );
});

describe('readSecretKey', () => {
  let dataFolder: string;
  beforeEach(() => {
    dataFolder = mkdtempSync(join(tmpdir(), 'postrider-key-'));
  });
  afterEach(() => rmSync(dataFolder, { recursive: true }));

  it('makes a key once, for its owner only, and finds it again', () => {
    const made = readSecretKey({ dataFolder });
    expect(readdirSync(dataFolder)).toEqual(['secret.key']);
    expect(statSync(join(dataFolder, 'secret.key')).mode & 0o777).toBe(0o600);
    expect(readSecretKey({ dataFolder }).id).toBe(made.id);
    expect(parseSecretKey(readFileSync(join(dataFolder, 'secret.key'), 'utf8'))?.id).toBe(made.id);
  });

  it('takes the given one and makes no file', () => {
    expect(readSecretKey({ dataFolder, given: hex }).id).toBe(key.id);
    expect(readdirSync(dataFolder)).toEqual([]);
  });

  it('says where a bad key stands and not what it is', () => {
    writeFileSync(join(dataFolder, 'secret.key'), 'cut of');
    for (const given of [undefined, 'cut of']) {
      const where = given === undefined ? 'secret.key' : 'POSTRIDER_SECRET_KEY';
      const read = () => readSecretKey({ dataFolder, given });
      expect(read).toThrow(expect.objectContaining({ code: 'bad_secret_key' }));
      expect(read).toThrow(where);
      expect(read).not.toThrow('cut of');
    }
  });
});

function keyOf(text: string): SecretKey {
  const parsed = parseSecretKey(text);
  if (parsed === undefined) throw new Error('not a key');
  return parsed;
}
