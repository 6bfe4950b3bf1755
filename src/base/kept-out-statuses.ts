/**
 * The statuses of an audience in which people must not be mailed, and which no write of ours may overwrite
 * (promise 1). One list, because every place that forgets one of them resubscribes somebody.
 */
export const keptOutStatuses: readonly string[] = ['unsubscribed', 'cleaned', 'pending', 'archived'];
