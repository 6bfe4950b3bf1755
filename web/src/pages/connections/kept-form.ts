/** What somebody fills in; a key stays in this page's memory and nowhere else. */
export interface ConnectionForm {
  name: string;
  contributors: boolean;
  agreed: boolean;
  exportUser: boolean;
}

/** A form while the browser is at Mailchimp to sign in. */
export interface KeptForm {
  /** Which connection it is about; absent: a new one. */
  connection?: string;
  /** What a new one is called in files, where somebody has said so. */
  id?: string | undefined;
  form: ConnectionForm;
}

const place = 'postrider-connection';

/** Keeps it in this tab; nothing of it is secret. */
export function keepForm(kept: KeptForm): void {
  sessionStorage.setItem(place, JSON.stringify(kept));
}

/** What was kept before the browser went to Mailchimp. */
export function keptBefore(): KeptForm | undefined {
  const kept = sessionStorage.getItem(place);
  return kept === null ? undefined : (JSON.parse(kept) as KeptForm);
}

export function forgetForm(): void {
  sessionStorage.removeItem(place);
}
