import { describe, expect, it } from 'vitest';
import { BatchRefused } from '../destination.ts';
import { throwBatchRefusal } from './batch-refusal.ts';
import { classifyFailure } from './classify-failure.ts';
import { MailchimpRefusal } from './mailchimp-error.ts';

const template = '/lists/{list_id}';
const unvalidated =
  "The resource submitted could not be validated. For field-specific details, see the 'errors' array.";

function thrown(status: number, title: string, detail: string, errors: object[] = []): unknown {
  const body = JSON.stringify({ status, title, detail, errors });
  const failure = classifyFailure({ status, headers: {}, body, template });
  try {
    return throwBatchRefusal(new MailchimpRefusal({ method: 'POST', template }, failure));
  } catch (error) {
    return error;
  }
}

describe('the refusal of a whole batch', () => {
  it.each([
    {
      of: 'a value of the wrong shape',
      answer: [
        400,
        'Invalid Resource',
        unvalidated,
        [{ field: 'merge_fields.X', message: 'Schema describes string, NULL found instead' }],
      ],
      verdict: {
        kind: 'rejected',
        reason: 'schema_mismatch',
        detail: expect.stringContaining('merge_fields.X') as unknown,
      },
    },
    {
      of: 'a body that cannot be read',
      answer: [400, 'JSON Parse Exception', 'We encountered an unspecified JSON parsing error.'],
      verdict: {
        kind: 'rejected',
        reason: 'schema_mismatch',
        detail: 'We encountered an unspecified JSON parsing error.',
      },
    },
    {
      of: 'words nobody knows',
      answer: [400, 'Bad Request', 'ana@acme.test does not please us.'],
      verdict: { kind: 'rejected', reason: 'unknown', detail: '(address) does not please us.' },
    },
    {
      of: 'somebody who was deleted for good',
      answer: [
        400,
        'Forgotten Email Not Subscribed',
        'ana@acme.test was permanently deleted and cannot be re-imported.',
      ],
      verdict: { kind: 'keptOut', reason: 'deleted' },
    },
    {
      of: 'a body that is too long',
      answer: [413, 'Request Entity Too Large', 'Too large.'],
      verdict: { kind: 'rejected', reason: 'unknown' },
    },
  ] as { of: string; answer: Parameters<typeof thrown>; verdict: object }[])(
    'may be the fault of some people: $of',
    ({ answer, verdict }) => {
      const error = thrown(...answer);
      expect(error).toBeInstanceOf(BatchRefused);
      expect((error as BatchRefused).verdict).toMatchObject(verdict);
      expect(JSON.stringify(error)).not.toContain('ana@');
    },
  );

  it.each<[number, string, string]>([
    [401, 'API Key Invalid', 'Your API key may be invalid.'],
    [403, 'User Disabled', 'This account has been deactivated.'],
    [404, 'Resource Not Found', 'The requested resource could not be found.'],
    [503, 'ComplianceRelated', 'This method has been disabled.'],
    [400, 'Requested Fields Invalid', 'The requested fields are invalid.'],
  ])('is nobody’s fault when it is %i %s', (...answer) => {
    expect(thrown(...answer)).toBeInstanceOf(MailchimpRefusal);
  });

  it('leaves other errors as they are', () => {
    const bug = new Error('bug');
    expect(() => throwBatchRefusal(bug)).toThrow(bug);
  });
});
