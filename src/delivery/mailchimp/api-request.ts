export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A call before it has a host. Only `method` and `template` are ever shown: the rest may be people's data. */
export interface ApiRequest {
  method: Method;
  /** As in the API's description: `/lists/{list_id}/members/{subscriber_hash}`. */
  template: string;
  parameters?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
}

/** The path with its parameters and query filled in and escaped. */
export function pathOf(request: ApiRequest): string {
  const path = request.template.replaceAll(/\{(\w+)\}/g, (_hole, name: string) => {
    const value = request.parameters?.[name];
    // "." and ".." would pass encodeURIComponent and climb out of the path.
    if (value === undefined || /^\.{0,2}$/.test(value)) {
      throw new Error(`${request.template}: no usable value for ${name}`);
    }
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}
