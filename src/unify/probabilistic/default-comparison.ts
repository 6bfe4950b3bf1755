import { births, defaultNormaliser } from '../normaliser.ts';
import type { PlannedAttribute } from '../unify-plan.ts';
import type { ComparisonKind } from './score-config.ts';

const places = /^(city|town|suburb|locality|place|oras|localitate|county|judet|district)$/i;
const codes = /^(post(al)?_?code|zip(_?code)?|plz|street_number|house_number)$/i;
const regions = /^(state|region|province|gender|sex)$/i;
const companies = /^(company|organi[sz]ation|firma|employer)$/i;

/**
 * How an attribute is compared by a score when nobody says, by its name and type; undefined for what does not
 * tell people apart, such as when a record was changed.
 */
export function defaultComparison({
  name,
  type,
  isEmail,
}: Pick<PlannedAttribute, 'name' | 'type' | 'isEmail'>): ComparisonKind | undefined {
  if (isEmail) return 'email';
  if (births.test(name)) return 'date';
  switch (defaultNormaliser(name, type, isEmail)) {
    case 'phone':
      return 'phone';
    case 'name':
      return 'name';
    case 'address':
      return 'text';
    default:
      if (codes.test(name)) return 'number';
      if (regions.test(name)) return 'exact';
      return type === 'text' && (places.test(name) || companies.test(name)) ? 'text' : undefined;
  }
}
