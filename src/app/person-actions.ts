import type { Page, PageAsked } from '../base/page.ts';
import { findPerson, type Person } from '../pipeline/find-person.ts';
import {
  forgetPerson,
  previewErasure,
  type ErasurePreview,
  type ForgetRequest,
} from '../pipeline/forget-person.ts';
import { liftSuppression, receiptsOf } from '../pipeline/lift-suppression.ts';
import { profilePage } from '../profiles/profile-page.ts';
import type { Erasure } from '../suppression/erasure.ts';
import { receiptFor, type ErasureReceipt } from '../suppression/erasure-notes.ts';
import { audited, remember, type AppGround } from './app-ground.ts';
import { dropCheckpoint } from './people-checkpoint.ts';
import { dropMemory } from './people-memory.ts';

/** One person's whole story, and its end. */
export interface PersonActions {
  person(text: string): Promise<Person[]>;
  /** All customers, a page of them; or those in whose texts every word of a search stands. */
  customers(page: PageAsked & { search?: string | undefined }): Promise<Page<Record<string, unknown>>>;
  /** Erases somebody here and in Mailchimp, and keeps them out from then on (docs/erasure.md). */
  forget(address: string, request: Omit<ForgetRequest, 'by'>): Promise<ErasureReceipt>;
  /** What `forget` would take away. */
  previewForget(address: string): Promise<ErasurePreview>;
  /** Lets an erased person in again. */
  liftForget(address: string, why: string): Promise<Erasure[]>;
  /** The receipts of an address, the newest first. */
  forgetReceipts(address: string): Promise<ErasureReceipt[]>;
}

export function personActions(ground: AppGround): PersonActions {
  const { by, config, engine, parts } = ground;
  return {
    customers: (page) => profilePage(engine, page),
    person: async (text) => findPerson(await parts(), text),
    forget: async (address, request) => {
      dropCheckpoint(config);
      dropMemory(config);
      const receipt = await forgetPerson(await parts(), address, { ...request, by }, ground.inTurn);
      // One that was begun before.
      dropCheckpoint(config);
      await ground.inTurn(() => remember(ground));
      const { how, state } = receipt;
      await audited(ground, 'person.forget', subjectOf(receipt), { how, state, why: request.why });
      return receiptFor(receipt);
    },
    previewForget: async (address) => previewErasure(await parts(), address),
    liftForget: async (address, why) => {
      const lifted = await liftSuppression(await parts(), address, { by, why });
      await ground.inTurn(() => remember(ground));
      for (const receipt of lifted) await audited(ground, 'person.lift', subjectOf(receipt), { why });
      return lifted;
    },
    forgetReceipts: async (address) => (await receiptsOf(await parts(), address)).map(receiptFor),
  };
}

/** The erasure, by its number: the log must not name whom nobody is to know any more. */
function subjectOf({ erasure }: Pick<Erasure, 'erasure'>): string {
  return `erasure:${erasure}`;
}
