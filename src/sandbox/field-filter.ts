import { badRequest, Problem } from './problem.ts';

type Tree = Map<string, Tree>;

/**
 * The `fields` and `exclude_fields` of a request (FACTS §2): dotted paths, where arrays are looked through.
 * Handlers ask it before they build, since a page of 1,000 full members is costly and mostly unwanted.
 */
export class FieldFilter {
  static readonly everything = new FieldFilter(undefined, undefined);

  readonly #include: Tree | undefined;
  readonly #exclude: Tree | undefined;

  constructor(include: Tree | undefined, exclude: Tree | undefined) {
    this.#include = include;
    this.#exclude = exclude;
  }

  /** Throws a 400 problem when both parameters are given. */
  static of(query: URLSearchParams): FieldFilter {
    const include = query.get('fields');
    const exclude = query.get('exclude_fields');
    if (include && exclude) {
      throw badRequest("The 'fields' and 'exclude_fields' parameters are mutually exclusive.");
    }
    const [included, excluded] = [treeOf(include ?? ''), treeOf(exclude ?? '')];
    if (included === undefined && excluded === undefined) return FieldFilter.everything;
    return new FieldFilter(included, excluded);
  }

  get isEverything(): boolean {
    return this.#include === undefined && this.#exclude === undefined;
  }

  wants(name: string): boolean {
    if (this.#include !== undefined && !this.#include.has(name)) return false;
    return this.#exclude?.get(name)?.size !== 0;
  }

  under(name: string): FieldFilter {
    const include = this.#include?.get(name);
    const exclude = this.#exclude?.get(name);
    if (this.#include !== undefined) {
      return include === undefined || include.size === 0
        ? FieldFilter.everything
        : new FieldFilter(include, undefined);
    }
    return exclude === undefined ? FieldFilter.everything : new FieldFilter(undefined, exclude);
  }

  /** Throws RequestedFieldsInvalid for a name that the answer cannot have. */
  expect(known: readonly string[]): void {
    for (const name of this.#include?.keys() ?? this.#exclude?.keys() ?? []) {
      if (known.includes(name) || name === '_links') continue;
      throw new Problem(
        400,
        'Requested Fields Invalid',
        `The requested fields were invalid: ${name.slice(0, 100)}`,
      );
    }
  }

  /** The wanted part of an answer. */
  apply(answer: unknown): unknown {
    if (this.isEverything || answer === null || typeof answer !== 'object') return answer;
    if (Array.isArray(answer)) return answer.map((entry) => this.apply(entry));
    const picked: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(answer)) {
      if (this.wants(name)) picked[name] = this.under(name).apply(value);
    }
    return picked;
  }
}

/** The paths of a list as a tree, or undefined where it names none. */
function treeOf(list: string): Tree | undefined {
  const root: Tree = new Map();
  const paths = list.split(',').map((path) =>
    path
      .split('.')
      .map((name) => name.trim())
      .filter(Boolean),
  );
  // Long paths first: "a" beside "a.b" means all of a, whichever stands first.
  for (const path of paths.toSorted((left, right) => right.length - left.length)) {
    // A comma too many names nothing.
    if (path.length === 0) continue;
    let node = root;
    for (const name of path) {
      const known = node.get(name);
      const next: Tree = known ?? new Map<string, Tree>();
      if (known === undefined) node.set(name, next);
      node = next;
    }
    node.clear();
  }
  return root.size === 0 ? undefined : root;
}
