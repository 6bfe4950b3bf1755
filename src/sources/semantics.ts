/** What the cells of a column mean; the names that attributes of a profile best have too. */
export const semantics = [
  'email',
  'phone',
  'first_name',
  'last_name',
  'full_name',
  'birth_date',
  'gender',
  'company',
  'street',
  'city',
  'postal_code',
  'state',
  'country',
  'language',
  'consent',
] as const;

export type Semantic = (typeof semantics)[number];
