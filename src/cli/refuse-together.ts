import { inputError } from '../base/errors.ts';

/**
 * Options that do not go together are refused and not passed over: whoever gave them wanted something by each.
 * @throws `input` / `options_exclude`
 */
export function refuseTogether(wrong: boolean | undefined, why: string): void {
  if (wrong === true) throw inputError('options_exclude', why, 'Ask for one, then for the other.');
}
