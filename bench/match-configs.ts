/** `unify` of a workspace file for the records of `match-data.ts`; everything that is not here is a default. */
export interface MatchConfig {
  sources: { source: string; attributes: Readonly<Record<string, string>>; deduplicate?: object }[];
  match?: object;
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

function febrl(attributes: Readonly<Record<string, string>>, match: object): MatchConfig {
  return {
    sources: ['febrl_a', 'febrl_b'].map((source) => ({ source, attributes })),
    match,
  };
}

const withNumber = { ...febrlAttributes, soc_sec_id: 'soc_sec_id' };

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

export const febrlWithNumber = febrl(withNumber, {
  mode: 'score',
  oneToOne: true,
  fields: { ...fields, soc_sec_id: 'number' },
});

export const febrlWithoutNumber = febrl(febrlAttributes, { mode: 'score', oneToOne: true });

export const fake: MatchConfig = {
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
      deduplicate: { mode: 'score' },
    },
  ],
};
