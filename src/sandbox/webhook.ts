export const webhookEventNames = [
  'subscribe',
  'unsubscribe',
  'profile',
  'cleaned',
  'upemail',
  'campaign',
] as const;
export type WebhookEventName = (typeof webhookEventNames)[number];

/** Who caused an event: the person, somebody in the user interface, or an API call. */
export const webhookSourceNames = ['user', 'admin', 'api'] as const;
export type WebhookSource = (typeof webhookSourceNames)[number];

export interface Webhook {
  readonly id: string;
  url: string;
  events: Record<WebhookEventName, boolean>;
  sources: Record<WebhookSource, boolean>;
  /** Shown once, in the answer to its creation (FACTS §9.16). */
  readonly secret: string;
}
