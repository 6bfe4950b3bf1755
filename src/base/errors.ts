/**
 * What can go wrong in front of a user. Three questions are answered by every error: whose fault it is
 * (`kind`), what to do next (`hint`), and whether trying again helps (`retry`).
 *
 * A bare `throw new Error` is for bugs; whatever a person can meet is a `PostriderError`.
 * Messages and hints never carry people's data: name the file, line, column or rule path instead.
 */
export type ErrorKind =
  /** The caller's file, rule, option or argument is wrong; nothing changed. */
  | 'input'
  /** The world outside does not fit the settings: missing audience, revoked key, tag of the same name. */
  | 'configuration'
  /** Somebody else holds what is needed: the data folder, the account, the audience. */
  | 'conflict'
  /** Whoever asks may not, or did not say who they are; nothing changed. */
  | 'forbidden'
  /** A brake stopped the work; a named person may release it. */
  | 'brake'
  /** A remote service failed in a way that may pass. */
  | 'remote'
  /** Ours: should not happen. */
  | 'internal';

/** Whether the same call may succeed later without anybody changing anything. */
export type Retry = 'never' | 'later' | 'at once';

export interface ErrorDetails {
  kind: ErrorKind;
  /** Stable, lower snake case; documented in `docs/errors.md`; scripts may match on it. */
  code: string;
  message: string;
  /** The next step for the reader, as an imperative sentence. */
  hint?: string;
  retry?: Retry;
  cause?: unknown;
}

export class PostriderError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string | undefined;
  readonly retry: Retry;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PostriderError';
    this.kind = details.kind;
    this.code = details.code;
    this.hint = details.hint;
    this.retry = details.retry ?? 'never';
  }

  /** The form every shell prints: no stack, no cause. */
  toJSON(): { kind: ErrorKind; code: string; message: string; hint?: string; retry: Retry } {
    return {
      kind: this.kind,
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      retry: this.retry,
    };
  }
}

/** Bad input: the shorthand for the kind that is thrown most. */
export function inputError(code: string, message: string, hint?: string, cause?: unknown): PostriderError {
  return new PostriderError({
    kind: 'input',
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Why a signal is aborted: somebody wished it, or does not wait any more. Whoever throws its reason tells this and no bug. */
export function cancelled(message = 'Cancelled.'): PostriderError {
  return new PostriderError({ kind: 'conflict', code: 'cancelled', message });
}

/**
 * What came from the system and a person can do something about, in words; everything else as it came.
 * A disk that is full shows in many places: where files are written, in the engine and in the database.
 */
export function asKnown(error: unknown): unknown {
  if (error instanceof PostriderError) return error;
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const { code = '' } = each as NodeJS.ErrnoException;
    const full =
      /^(ENOSPC|EDQUOT|EFBIG)$/.test(code) ||
      /no space left on device|disk quota exceeded|file too large/i.test(each.message);
    if (!full) continue;
    return new PostriderError({
      kind: 'configuration',
      code: 'disk_full',
      message: 'The disk that holds the data folder, or the folder for temporary files, is full.',
      hint: 'Make room and do it once more; what was there before is unchanged.',
      retry: 'later',
      cause: error,
    });
  }
  return error;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
