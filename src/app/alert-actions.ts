import {
  addAlertChannel,
  alertChannels,
  alertTargetOf,
  noteAlertSent,
  removeAlertChannel,
  type AlertChannel,
  type AlertTarget,
} from '../alerts/alert-channels.ts';
import { pageRoot } from '../base/config.ts';
import { sendAlert } from '../alerts/send-alert.ts';
import { messageOf } from '../base/errors.ts';
import { audited, type AppGround } from './app-ground.ts';

/** Whom to tell of failures, brakes and recoveries. */
export interface AlertActions {
  alertChannels(): Promise<AlertChannel[]>;
  addAlertChannel(channel: { name: string; target: AlertTarget }): Promise<AlertChannel>;
  removeAlertChannel(id: string): Promise<void>;
  /** Sends one that says it is a test. @throws what kept it from getting there */
  testAlertChannel(id: string): Promise<void>;
}

export function alertActions(ground: AppGround): AlertActions {
  const { store, clock, config } = ground;
  const { db } = store;
  return {
    alertChannels: async () => alertChannels(db, ground.key),
    addAlertChannel: async (channel) => {
      const added = await addAlertChannel(db, ground.key, channel, clock.now());
      await audited(ground, 'alert.create', `alert:${added.id}`, { name: added.name, kind: added.kind });
      return added;
    },
    removeAlertChannel: async (id) => {
      await removeAlertChannel(db, id);
      await audited(ground, 'alert.remove', `alert:${id}`);
    },
    testAlertChannel: async (id) => {
      const target = await alertTargetOf(db, ground.key, id);
      const at = clock.now();
      const alert = {
        event: 'test' as const,
        subject: 'this channel',
        title: 'A test of this channel',
        text: 'Alerts get here.',
        code: undefined,
        link: pageRoot(config),
        at,
      };
      try {
        await sendAlert(target, alert, { mail: config.mail, hosts: config.alertHosts });
        await noteAlertSent(db, id, { at, problem: undefined });
      } catch (error) {
        await noteAlertSent(db, id, { at, problem: messageOf(error) });
        throw error;
      }
    },
  };
}
