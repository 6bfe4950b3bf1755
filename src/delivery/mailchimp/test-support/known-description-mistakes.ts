/** What the official description lacks though it exists: the one list of our deviations from it. */
export interface KnownMistake {
  call: string;
  part: 'query' | 'body';
  /** A query parameter's name, or a body path with `*` for any index. */
  name: string;
  reference: string;
}

export const knownMistakes: readonly KnownMistake[] = [
  {
    call: 'POST /lists/{list_id}',
    part: 'query',
    name: 'fields',
    reference: 'FACTS §4: answers are full members otherwise; refused once, the client goes without',
  },
  {
    call: 'POST /lists/{list_id}',
    part: 'body',
    name: '/members/*/tags',
    reference:
      'FACTS §4, "Tags in the batch": undocumented, works, believed only when the answer echoes them',
  },
  {
    call: 'POST /lists/{list_id}/segments/{segment_id}',
    part: 'query',
    name: 'fields',
    reference: 'FACTS §6: full member objects otherwise; refused once, the client goes without',
  },
];
