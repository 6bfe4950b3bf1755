import type { Account } from './account.ts';
import { pageItems, requireAudience, requireText } from './api-call.ts';
import type { Answer, ApiCall, JsonObject } from './api-call.ts';
import type { Audience } from './audience.ts';
import { isMergeTag, mergeFieldTypes } from './merge-field.ts';
import type { MergeField, MergeFieldType } from './merge-field.ts';
import { badRequest, invalidResource, notFound } from './problem.ts';

/** `GET /lists/{list_id}/merge-fields`: ten at a time by default, like every listing (FACTS §7). */
export function listMergeFields(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const type = call.query.get('type');
  const required = call.query.get('required');
  const all = audience.fields
    .all()
    .filter((field) => type === null || field.type === type)
    .filter((field) => required === null || String(field.required) === required);
  return {
    merge_fields: pageItems(all, call.query).map((field) => mergeFieldView(audience, field)),
    list_id: audience.id,
    total_items: all.length,
    _links: [],
  };
}

export function getMergeField(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  return mergeFieldView(audience, requireField(audience, call));
}

/** `POST /lists/{list_id}/merge-fields`: at most 30 fields, 80 on Premium (FACTS §7). */
export function addMergeField(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const { body } = call;
  const name = requireText(body, 'name');
  const type = requireText(body, 'type');
  if (!mergeFieldTypes.includes(type as MergeFieldType)) {
    throw invalidResource([
      { field: 'type', message: 'Data did not match any of the schemas described in anyOf.' },
    ]);
  }
  const limit = account.modes.premium ? 80 : 30;
  if (audience.fields.size >= limit) {
    throw badRequest(`Your audience has the maximum number of ${limit} merge fields.`);
  }
  const field = audience.fields.add({
    name,
    type: type as MergeFieldType,
    tag: freeTag(audience, body['tag'], undefined),
    choices: [],
  });
  applySettings(field, body);
  return mergeFieldView(audience, field);
}

/** `PATCH …/merge-fields/{merge_id}`: anything but the type. */
export function changeMergeField(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const field = requireField(audience, call);
  const { body } = call;
  const name = body['name'] === undefined ? field.name : requireText(body, 'name');
  const tag = freeTag(audience, body['tag'], field);
  field.name = name;
  if (tag !== undefined) audience.fields.rename(field, tag);
  applySettings(field, body);
  return mergeFieldView(audience, field);
}

export function deleteMergeField(account: Account, call: ApiCall): undefined {
  const audience = requireAudience(account, call);
  audience.fields.remove(requireField(audience, call));
}

function requireField(audience: Audience, call: ApiCall): MergeField {
  const field = audience.fields.byId(Number(call.params['field']));
  if (field === undefined) throw notFound();
  return field;
}

function freeTag(audience: Audience, tag: unknown, own: MergeField | undefined): string | undefined {
  if (tag === undefined || tag === '') return undefined;
  if (typeof tag !== 'string' || !isMergeTag(tag)) {
    throw invalidResource([
      { field: 'tag', message: 'Merge tags have at most 10 characters: A-Z, 0-9 and _' },
    ]);
  }
  const isOwn = own !== undefined && audience.fields.byTag(tag) === own;
  if (!isOwn && !audience.fields.isFree(tag)) {
    throw badRequest(`A Merge Field with the tag "${tag}" already exists for this list.`);
  }
  return tag;
}

function applySettings(field: MergeField, body: JsonObject): void {
  const options = (body['options'] ?? {}) as Record<string, unknown>;
  if (typeof body['required'] === 'boolean') field.required = body['required'];
  if (typeof body['public'] === 'boolean') field.public = body['public'];
  if (typeof body['default_value'] === 'string') field.defaultValue = body['default_value'];
  if (typeof body['help_text'] === 'string') field.helpText = body['help_text'];
  if (typeof body['display_order'] === 'number') field.displayOrder = body['display_order'];
  if (Array.isArray(options['choices'])) field.options.choices = options['choices'].map(String);
  if (typeof options['date_format'] === 'string') field.options.dateFormat = options['date_format'];
  if (typeof options['phone_format'] === 'string') field.options.phoneFormat = options['phone_format'];
}

export const mergeFieldNames = [
  'merge_id',
  'tag',
  'name',
  'type',
  'required',
  'default_value',
  'public',
  'display_order',
  'options',
  'help_text',
  'list_id',
] as const;

function mergeFieldView(audience: Audience, field: MergeField): Answer<typeof mergeFieldNames> {
  return {
    merge_id: field.id,
    tag: field.tag,
    name: field.name,
    type: field.type,
    required: field.required,
    default_value: field.defaultValue,
    public: field.public,
    display_order: field.displayOrder,
    options: optionsView(field),
    help_text: field.helpText,
    list_id: audience.id,
    _links: [],
  };
}

function optionsView(field: MergeField): Record<string, unknown> {
  switch (field.type) {
    case 'radio':
    case 'dropdown':
      return { choices: field.options.choices };
    case 'date':
    case 'birthday':
      return { date_format: field.options.dateFormat };
    case 'phone':
      return { phone_format: field.options.phoneFormat };
    case 'address':
      return { default_country: 164 };
    case 'text':
      return { size: 25 };
    case 'number':
    case 'url':
    case 'imageurl':
    case 'zip':
      return {};
  }
}
