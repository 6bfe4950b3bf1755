import { inputError } from '../../base/errors.ts';
import type { NormaliserConfig } from '../normaliser-config.ts';
import type { PlannedAttribute } from '../unify-plan.ts';
import { defaultComparison } from './default-comparison.ts';
import type { ComparisonKind, ScoreConfig, ScoredFieldConfig } from './score-config.ts';

/** One field of a score, all options said. */
export interface ScoredField {
  attribute: string;
  /** The place of its form in the plan. */
  form: number;
  kind: ComparisonKind;
  /** Whether agreeing in a rare value says more than in a common one. */
  frequency: boolean;
  /** Among the fields, the place of the one that people mistake for this one. */
  counterpart?: number | undefined;
}

export type PlannedScore = {
  name: string;
  fields: ScoredField[];
  threshold: number;
  oneToOne: boolean;
  /** Places of fields that must be equal, one entry a pass; absent: chosen by counting. */
  blocks?: number[][] | undefined;
} & ({ kind: 'deduplicate'; position: number } | { kind: 'match' });

const defaultThreshold = 0.95;

/**
 * A score held against the attributes that are mapped.
 * @param formOf the place of an attribute in a form, made where it is new
 * @param path in the workspace file
 * Errors: `unify_score_fields` with fewer than two fields to compare, `unify_block_unknown` for a block by an
 * attribute that is no field.
 */
export function planScore(
  config: ScoreConfig,
  attributes: readonly PlannedAttribute[],
  formOf: (attribute: string, form: NormaliserConfig | undefined) => number,
  path: string,
): Pick<PlannedScore, 'name' | 'fields' | 'threshold' | 'oneToOne' | 'blocks'> {
  const chosen = config.fields ?? defaultFields(attributes);
  const fields = Object.entries(chosen).map(([attribute, how]): ScoredField => {
    const { compare, frequency, normalise } =
      typeof how === 'string' ? { compare: how, frequency: undefined, normalise: undefined } : how;
    const type = attributes.find(({ name }) => name === attribute)?.type ?? 'text';
    return {
      attribute,
      form: formOf(attribute, normalise ?? formFor(compare, type)),
      kind: compare,
      frequency: frequency ?? (compare === 'name' || compare === 'text'),
    };
  });
  if (fields.length < 2) {
    throw inputError(
      'unify_score_fields',
      `A score needs at least two fields, and ${fields.length === 0 ? 'no attribute' : 'only one attribute'} has a name that tells people apart (${path}).`,
      'Name them, as in fields: { last_name: name, birth_date: date }.',
    );
  }
  const [first, last] = ['first', 'last'].map((part) =>
    fields.findIndex(({ attribute, kind }) => kind === 'name' && partOfName(attribute) === part),
  ) as [number, number];
  if (first >= 0 && last >= 0) {
    (fields[first] as ScoredField).counterpart = last;
    (fields[last] as ScoredField).counterpart = first;
  }
  const blocks = config.blocks?.map((block, index) =>
    block.map((attribute) => {
      const place = fields.findIndex((field) => field.attribute === attribute);
      if (place >= 0) return place;
      throw inputError(
        'unify_block_unknown',
        `"${attribute}" is not among the fields that the score compares (${path}.blocks[${index}]).`,
        `Name one of them: ${fields.map((field) => field.attribute).join(', ')}.`,
      );
    }),
  );
  const { threshold = defaultThreshold, oneToOne = false } = config;
  return { name: 'score', fields, threshold, oneToOne, blocks };
}

function defaultFields(attributes: readonly PlannedAttribute[]): Record<string, ScoredFieldConfig> {
  return Object.fromEntries(
    attributes.flatMap((attribute) => {
      const kind = defaultComparison(attribute);
      return kind === undefined ? [] : [[attribute.name, kind]];
    }),
  );
}

/** A date that is text is compared by its digits: what is no date at all may be one with a slip in it. */
function formFor(kind: ComparisonKind, type: PlannedAttribute['type']): NormaliserConfig | undefined {
  if (kind !== 'date') return undefined;
  return type === 'date' || type === 'time' ? 'date' : 'digits';
}

function partOfName(attribute: string): 'first' | 'last' | undefined {
  if (/^(first|given|fore)_?name$|^prenume$/i.test(attribute)) return 'first';
  return /^(last|family)_?name$|^surname$|^nume$/i.test(attribute) ? 'last' : undefined;
}
