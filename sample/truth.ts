import type { Order } from './orders.ts';
import type { Person } from './person.ts';
import type { CrmRecord, Mail, ShopRecord } from './records.ts';

/** What is true of the files, counted while they are written. */
export interface SampleTruth {
  people: number;
  crmOnly: number;
  shopOnly: number;
  both: number;
  /** Lines of each file, without the header. */
  records: { crm: number; shop: number; orders: number };
  orders: number;
  /** Orders without a customer number. */
  nobodysOrders: number;
  /** Lines of `orders.csv` whose total is no number. */
  brokenOrderLines: number;
  /** People who stand twice in the CRM. */
  duplicates: number;
  /** Of these, with a usable address in both records. */
  duplicatesByAddress: number;
  /** Of `both`: with a usable address in the CRM (in one record at least) and in the shop. */
  bothByAddress: number;
  /** People at the address of another person. */
  familyMembers: number;
  /** Records of the CRM and the shop by what their address column holds. */
  addresses: {
    missing: number;
    invalid: number;
    /** Well formed, yet refused by Mailchimp: at example.com. */
    fake: number;
    /** Usable mailboxes as info@. */
    role: number;
  };
  /**
   * The profiles that come of deduplicating and matching by exact address (letter case and outer white space
   * aside), where only what can be an address counts: one for each usable address, one for each record without.
   */
  profilesByAddress: number;
}

/** Counts people as they pass, in order of their numbers; remembers no more than the last address. */
export class SampleCount {
  #truth: Omit<SampleTruth, 'records'> = {
    people: 0,
    crmOnly: 0,
    shopOnly: 0,
    both: 0,
    orders: 0,
    nobodysOrders: 0,
    brokenOrderLines: 0,
    duplicates: 0,
    duplicatesByAddress: 0,
    bothByAddress: 0,
    familyMembers: 0,
    addresses: { missing: 0, invalid: 0, fake: 0, role: 0 },
    profilesByAddress: 0,
  };
  #lastUsable = '';

  addPerson(person: Person, inCrm: readonly CrmRecord[], inShop: ShopRecord | undefined): void {
    const truth = this.#truth;
    truth.people += 1;
    if (person.place === 'crm') truth.crmOnly += 1;
    else if (person.place === 'shop') truth.shopOnly += 1;
    else truth.both += 1;
    if (person.addressKind === 'family') truth.familyMembers += 1;

    const usableInCrm = inCrm.filter(({ mail }) => mail.kind === 'usable').length;
    const usableInShop = inShop?.mail.kind === 'usable';
    if (inCrm.length === 2) truth.duplicates += 1;
    if (usableInCrm === 2) truth.duplicatesByAddress += 1;
    if (usableInCrm > 0 && usableInShop) truth.bothByAddress += 1;
    for (const { mail } of inCrm) this.#addAddress(person, mail);
    if (inShop !== undefined) this.#addAddress(person, inShop.mail);
  }

  addOrders(orders: readonly Order[]): void {
    this.#truth.orders += orders.length;
    for (const { customerNo, lines } of orders) {
      if (customerNo === '') this.#truth.nobodysOrders += 1;
      for (const { total } of lines) if (total === undefined) this.#truth.brokenOrderLines += 1;
    }
  }

  truth(records: SampleTruth['records']): SampleTruth {
    return { ...this.#truth, records };
  }

  #addAddress(person: Person, mail: Mail): void {
    const truth = this.#truth;
    if (mail.kind !== 'usable') {
      truth.addresses[mail.kind] += 1;
      truth.profilesByAddress += 1;
      return;
    }
    if (person.addressKind === 'fake') truth.addresses.fake += 1;
    if (person.addressKind === 'role') truth.addresses.role += 1;
    // An address is shared by neighbours only: the records of one person and of the family member that follows.
    if (this.#lastUsable !== person.address) truth.profilesByAddress += 1;
    this.#lastUsable = person.address;
  }
}
