import type { paths } from './schema.ts';

/** What a GET of a path answers with. */
export type AnswerTo<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;

export type Me = AnswerTo<'/api/v1/me'>;
export type User = AnswerTo<'/api/v1/users/{id}'>;
export type Run = AnswerTo<'/api/v1/runs/{id}'>;
export type Task = AnswerTo<'/api/v1/tasks/{id}'>;
export type ListedExport = AnswerTo<'/api/v1/exports/{id}'>;
export type Segment = AnswerTo<'/api/v1/segments/{id}'>;
export type Connection = AnswerTo<'/api/v1/connections/{id}'>;
export type PlanLine = AnswerTo<'/api/v1/runs/{id}/people'>['items'][number];
export type RuleFields = AnswerTo<'/api/v1/fields'>;
export type SourceLoad = AnswerTo<'/api/v1/loads'>['items'][number];
