import { z } from 'zod';
import { idPattern, idRule } from '../base/ids.ts';
import { scheduleTimes, timeZone } from '../base/schedule-times.ts';
import { connectionConfig } from '../connections/connection-config.ts';
import { storedExport } from '../exports/export-config.ts';
import { retentionConfig } from '../exports/retention.ts';
import { computedAttributeConfig } from '../segments/computed-attribute-config.ts';
import { relationshipConfig } from '../segments/relationship-config.ts';
import { segmentConfig } from '../segments/segment-config.ts';
import { sourceConfig } from '../sources/source-config.ts';
import { unifyConfig } from '../unify/unify-config.ts';

const byId = <Schema extends z.ZodType>(schema: Schema, what: string) =>
  z.record(z.string().regex(idPattern, idRule), schema).prefault({}).describe(what);

/** When the line runs by itself, in which time zone. */
export const scheduleConfig = z.strictObject({
  timeZone: timeZone.describe('By its IANA name; days of rules begin and end in it.'),
  ...scheduleTimes.shape,
  on: z.boolean().optional().describe('false: the times are kept, and nothing happens by itself.'),
});

/**
 * The workspace file of DESIGN §6, whole. Each stage owns the schema of its part; the JSON Schema for editors is made of
 * this one.
 */
export const workspaceFile = z
  .strictObject(
    {
      $schema: z.string().optional().describe('Where an editor finds this schema.'),
      version: z.literal(1, { error: 'must be 1' }).describe('The version of this format.'),
      sources: byId(sourceConfig, 'Where the tables come from.'),
      unify: unifyConfig.optional().describe('How records become one profile per person.'),
      relationships: byId(relationshipConfig, 'How related tables point to people.'),
      computed: byId(computedAttributeConfig, 'Attributes of people that are made of related rows.'),
      segments: byId(segmentConfig, 'Named sets of profiles.'),
      connections: byId(connectionConfig, 'Credentials for Mailchimp accounts.'),
      exports: byId(storedExport, 'Which segments go to which audience.'),
      doNotSend: z
        .string()
        .min(1)
        .optional()
        .describe(
          'A text file of people never to send, relative to this file: one address, or its MD5 or SHA-256, a line.',
        ),
      schedule: scheduleConfig.optional().describe('When the whole line runs by itself.'),
      retention: retentionConfig.optional(),
    },
    {
      error: (issue) =>
        issue.code === 'invalid_type'
          ? 'the file must be a mapping of sections, with version: 1 at its top'
          : undefined,
    },
  )
  .describe('A Postrider workspace.');

/** A connection as it is stored and written out: without its secret. */
export const connectionSettings = connectionConfig.options[0].omit({ apiKey: true });

export type WorkspaceFile = z.output<typeof workspaceFile>;
