import { it } from 'vitest';
import { TestLine } from './test-support/test-line.ts';
it('probe', async () => {
  const t0 = performance.now();
  const line = await TestLine.open();
  const lap = (w: string, t: number) => console.log(w, (performance.now() - t).toFixed(0));
  lap('open', t0);
  const people = Array.from({ length: 20 }, (_, i) => ({ id: `p${i}`, email: `p${i}@acme.test`, first: `f${i}`, buyer: i % 2 ? 'yes' : 'no' }));
  for (let k = 0; k < 3; k++) {
    let t = performance.now(); await line.people(people.map((p) => ({ ...p, last: `l${k}` }))); lap('people', t);
    t = performance.now(); await line.run(); lap('run', t);
    t = performance.now(); await line.run(); lap('run again', t);
    t = performance.now(); await line.plan(); lap('plan', t);
  }
  await line.close();
});
