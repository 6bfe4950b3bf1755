import { InvalidArgumentError } from 'commander';

/** The argument of an option that counts something. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 100_000_000) return value;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

/** The argument of an option that says where to listen; 0: any free port. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a port number, 0 to 65535.');
}
