/** One entry of a problem's `errors`. */
export interface FieldError {
  field: string;
  message: string;
}

/**
 * A refused request: thrown by a handler, answered as a problem document. Titles and details are the texts of
 * FACTS §8; where FACTS marks a wording as unsure it is unsure here too.
 */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  /** Member Exists, Forgotten and Compliance answers have carried no `type` since 2021 (FACTS §8). */
  readonly typed: boolean;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    title: string,
    detail: string,
    more: { errors?: readonly FieldError[]; typed?: boolean; headers?: Record<string, string> } = {},
  ) {
    super(`${status} ${title}`);
    this.name = 'Problem';
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.errors = more.errors ?? [];
    this.typed = more.typed ?? true;
    this.headers = more.headers ?? {};
  }

  /** @param instance a UUID, also sent as X-Request-Id; `""` is seen too; undefined leaves it out */
  document(instance: string | undefined): Record<string, unknown> {
    return {
      ...(this.typed ? { type: 'https://mailchimp.com/developer/marketing/docs/errors/' } : {}),
      title: this.title,
      status: this.status,
      detail: this.detail,
      ...(instance === undefined ? {} : { instance }),
      ...(this.errors.length === 0 ? {} : { errors: this.errors }),
    };
  }
}

export const validationDetail =
  "The resource submitted could not be validated. For field-specific details, see the 'errors' array.";

export const notFound = () =>
  new Problem(404, 'Resource Not Found', 'The requested resource could not be found.');

export const badRequest = (detail: string) => new Problem(400, 'Bad Request', detail);

/** A body or parameter that does not fit the schema. */
export const invalidResource = (errors: readonly FieldError[], detail = validationDetail) =>
  new Problem(400, 'Invalid Resource', detail, { errors });

export const jsonParseException = () =>
  new Problem(400, 'JSON Parse Exception', 'We encountered an unspecified JSON parsing error.');

export const keyMissing = () =>
  new Problem(401, 'API Key Missing', 'Your request did not include an API key.');

export const keyInvalid = () =>
  new Problem(
    401,
    'API Key Invalid',
    "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
  );

export const userDisabled = () => new Problem(403, 'User Disabled', 'This account has been deactivated.');

export const notPermitted = () =>
  new Problem(403, 'User action not permitted', 'User does not have access to the requested operation');

export const forbidden = () =>
  new Problem(403, 'Forbidden', 'You are not permitted to access this resource.');

export const methodNotAllowed = (allowed: readonly string[]) =>
  new Problem(
    405,
    'Method Not Allowed',
    "The requested method and resource are not compatible. See the Allow header for this resource's available methods.",
    { headers: { Allow: allowed.join(', ') } },
  );

/** Two spaces in the wording of April 2021; this is the one of November (FACTS §5). */
export const cannotBeRemoved = () =>
  new Problem(
    405,
    'Method Not Allowed',
    'This list member cannot be removed. Can not archive a contact that is bounced, pending or archived',
    { headers: { Allow: 'GET, PUT' } },
  );

export const tooManyConnections = (ceiling: number) =>
  new Problem(
    429,
    'Too Many Requests',
    `You have exceeded the limit of ${ceiling} simultaneous connections.`,
  );

export const internalError = () =>
  new Problem(500, 'Internal Server Error', 'An unexpected internal error has occurred.');
