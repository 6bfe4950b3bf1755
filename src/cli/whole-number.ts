import { InvalidArgumentError } from 'commander';

/** The argument of an option that counts something. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 100_000_000) return value;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
