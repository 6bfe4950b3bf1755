import type { en } from './en.ts';

/** What every language must say: the English words are the list. */
export type Words<Of = typeof en> = {
  [Key in keyof Of]: Of[Key] extends string ? string : Words<Of[Key]>;
} & {
  // English has no form for a few.
  [Key in keyof Of as Key extends `${infer Name}_other` ? `${Name}_few` : never]?: string;
};
