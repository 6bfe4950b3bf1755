/** `unify` for the records of `match-data.ts`, by rules and by a score; everything that is not here is a default. */
interface MatchConfigs {
  rules: object;
  score: object;
}

const febrlAttributes = {
  first_name: 'given_name',
  last_name: 'surname',
  street_number: 'street_number',
  address_1: 'address_1',
  address_2: 'address_2',
  suburb: 'suburb',
  postcode: 'postcode',
  state: 'state',
  birth_date: 'date_of_birth',
};

function febrl(attributes: Readonly<Record<string, string>>, match: object): object {
  return {
    sources: ['febrl_a', 'febrl_b'].map((source) => ({ source, attributes })),
    match,
  };
}

const withNumber = { ...febrlAttributes, soc_sec_id: 'soc_sec_id' };

/** Rules that somebody would write who has looked at the columns, not at the truth. */
const febrlRules = [
  { fields: { first_name: 'exact', last_name: 'exact', birth_date: 'exact' } },
  { fields: { last_name: { similar: 0.9 }, birth_date: 'exact', postcode: 'exact' } },
  { fields: { first_name: { similar: 0.9 }, birth_date: 'exact', suburb: 'exact' } },
  { fields: { first_name: { similar: 0.9 }, last_name: { similar: 0.9 }, birth_date: 'exact' } },
  { fields: { first_name: 'exact', last_name: 'exact', postcode: 'exact' } },
  { fields: { first_name: { similar: 0.9 }, last_name: { similar: 0.9 }, address_1: 'exact' } },
  { fields: { address_1: 'exact', street_number: 'exact', birth_date: 'exact' } },
];

const fields = {
  first_name: 'name',
  last_name: 'name',
  street_number: 'number',
  address_1: 'text',
  address_2: 'text',
  suburb: 'text',
  postcode: 'number',
  state: 'exact',
  birth_date: 'date',
};

export const febrlWithNumber: MatchConfigs = {
  rules: febrl(withNumber, [{ fields: { soc_sec_id: 'exact' } }, ...febrlRules]),
  score: febrl(withNumber, { mode: 'score', oneToOne: true, fields: { ...fields, soc_sec_id: 'number' } }),
};

export const febrlWithoutNumber: MatchConfigs = {
  rules: febrl(febrlAttributes, febrlRules),
  score: febrl(febrlAttributes, { mode: 'score', oneToOne: true }),
};

function fakeConfig(deduplicate: object): object {
  return {
    sources: [
      {
        source: 'fake',
        attributes: {
          first_name: 'first_name',
          last_name: 'surname',
          birth_date: 'dob',
          city: 'city',
          email: 'email',
        },
        deduplicate,
      },
    ],
  };
}

export const fake: MatchConfigs = {
  rules: fakeConfig([
    { fields: { email: 'exact' } },
    { fields: { first_name: 'exact', last_name: 'exact', birth_date: 'exact' } },
    { fields: { first_name: { similar: 0.9 }, last_name: { similar: 0.9 }, birth_date: 'exact' } },
    { fields: { first_name: 'exact', birth_date: 'exact' } },
    { fields: { last_name: 'exact', birth_date: 'exact' } },
    { fields: { first_name: 'exact', last_name: 'exact' } },
    { fields: { last_name: { similar: 0.9 }, birth_date: 'exact', city: 'exact' } },
    { fields: { first_name: { similar: 0.9 }, birth_date: 'exact', city: 'exact' } },
  ]),
  score: fakeConfig({ mode: 'score' }),
};
