import { expect, it } from 'vitest';
import type { App } from '../app.ts';
import { SampleStage, type SampleBeside } from './sample-stage.ts';

it('a sample that was ended while it was made is not shown when another one is', async () => {
  const makings: PromiseWithResolvers<SampleBeside>[] = [];
  const closed: string[] = [];
  const sample = (mailchimp: string): SampleBeside => ({
    app: {} as App,
    mailchimp,
    close: async () => void closed.push(mailchimp),
  });
  const stage = new SampleStage({} as App, () => {
    const making = Promise.withResolvers<SampleBeside>();
    makings.push(making);
    return making.promise;
  });
  const begun = [stage.begin()];
  const ended = stage.end();
  begun.push(stage.begin());
  makings[1]?.resolve(sample('second'));
  await begun[1];
  makings[0]?.resolve(sample('first'));
  await Promise.all([ended, ...begun]);
  expect(closed).toEqual(['first']);
  expect(stage.made?.mailchimp).toBe('second');
  await stage.end();
  expect(closed).toEqual(['first', 'second']);
});
