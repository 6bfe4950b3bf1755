import { Document, isScalar, visit } from 'yaml';
import type { Database } from '../store/tables.ts';
import { listItems } from '../store/workspace-items.ts';
import { sections } from './sections.ts';

/**
 * The stored workspace as a file that `apply` takes: same ids, same order, no secrets (a connection keeps the one it has
 * here; elsewhere its key must be given).
 */
export async function dumpWorkspace(db: Database): Promise<string> {
  const items = await listItems(db);
  const bodies = (kind: string) =>
    Object.fromEntries(items.filter((item) => item.kind === kind).map((item) => [item.id, item.body]));
  const [unify] = Object.values(bodies('unify'));
  const [schedule] = Object.values(bodies('schedule'));
  const content: Record<string, unknown> = { version: 1 };
  for (const [kind, section] of Object.entries(sections)) {
    const of = bodies(kind);
    if (Object.keys(of).length > 0) content[section] = of;
    if (section === 'sources' && unify !== undefined) content.unify = unify;
  }
  const { doNotSend, retention } = bodies('setting');
  if (doNotSend !== undefined) content.doNotSend = doNotSend;
  if (schedule !== undefined) content.schedule = schedule;
  if (retention !== undefined) content.retention = retention;
  const document = new Document(content, { version: '1.2', schema: 'core' });
  visit(document, {
    // A value with ${…} in it was plain text when it was applied, and must be so again.
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      // A function, since `$$` in a replacement text means one `$`.
      node.value = node.value.replaceAll('${', () => '$${');
    },
    Map(_key, node) {
      // Rules and mappings read best on one line each, as people write them.
      const leaf = node.items.every((item) => isScalar(item.value)) && node.items.length <= 5;
      if (leaf) node.flow = node.items.length > 0;
    },
  });
  return document.toString({ lineWidth: 110 });
}
