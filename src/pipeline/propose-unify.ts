import { inputError } from '../base/errors.ts';
import { loadedSources } from '../sources/loaded-source.ts';
import { proposeFromData, type Proposal } from '../unify/probabilistic/propose.ts';
import { proposeBypass, type BypassLimits, type BypassProposal } from '../unify/propose-bypass.ts';
import type { UnifyConfig } from '../unify/unify-config.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** Rules, and the weights they are made of, for the sources as they are loaded. */
export async function proposeUnifyRules(parts: PipelineParts): Promise<Proposal[]> {
  const { engine, settings } = parts;
  return proposeFromData(engine, unifyOf(parts), await loadedSources(engine), settings.folder);
}

/** Values that should perhaps agree with nothing. */
export async function proposeBypassValues(
  parts: PipelineParts,
  limits: BypassLimits,
): Promise<BypassProposal[]> {
  return proposeBypass(parts.engine, unifyOf(parts), await loadedSources(parts.engine), limits);
}

function unifyOf({ settings }: PipelineParts): UnifyConfig {
  if (settings.unify !== undefined) return settings.unify;
  throw inputError(
    'no_unify',
    'The workspace does not say which columns are which attributes.',
    'Add a "unify" section with sources and attributes; it needs no rules yet.',
  );
}
