/** What Mailchimp says to an address before it looks at anything else (FACTS §8). */
export type AddressFault = 'blank' | 'notValid' | 'looksFake';

const shape = /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+\.[^\s@.<>()[\]\\,;:"]{2,}$/;
/** FACTS names example.com; its sister names and `.invalid` are reserved by the same RFC 2606. */
const fakeDomain = /@(?:(?:.+\.)?example\.(?:com|net|org)|.+\.invalid)$/i;

/** The fault of a trimmed address, or undefined when Mailchimp takes it. */
export function addressFault(address: string): AddressFault | undefined {
  if (address === '') return 'blank';
  if (!shape.test(address) || address.length > 254 || address.includes('..')) return 'notValid';
  return fakeDomain.test(address) ? 'looksFake' : undefined;
}

const roles = new Set(
  (
    'abuse admin billing compliance devnull dns ftp hostmaster inoc ispfeedback ispsupport list-request list ' +
    'maildaemon noc no-reply noreply null phish phishing postmaster privacy registrar root security spam ' +
    'support sysadmin tech undisclosed-recipients unsubscribe usenet uucp webmaster www'
  ).split(' '),
);

/** Whether the address belongs to an office, not to a person (FACTS §8, help "Limits on role-based addresses"). */
export function isRoleAddress(address: string): boolean {
  return roles.has(address.slice(0, address.indexOf('@')).toLowerCase());
}
