import pc from 'picocolors';
import type { Finding } from '../pipeline/examine.ts';
import { safeText } from './safe-text.ts';

const marks: Record<Finding['verdict'], string> = {
  good: pc.green('✓'),
  doubtful: pc.yellow('!'),
  bad: pc.red('✗'),
};

export function presentFindings(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map((finding) => finding.about.length));
  return findings
    .map(({ about, verdict, says, hint }) => {
      const first = `  ${marks[verdict]} ${about.padEnd(width)}  ${safeText(says)}`;
      return hint === undefined ? first : `${first}\n    ${' '.repeat(width)}  ${pc.dim(safeText(hint))}`;
    })
    .join('\n');
}
