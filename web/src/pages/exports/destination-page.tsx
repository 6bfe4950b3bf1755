import { Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import {
  exportSettingsQuery,
  matchingQuery,
  pickableConnectionsQuery,
  segmentsQuery,
  unifyQuery,
} from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { idFor, isId } from '../../parts/id-for.ts';
import { IdInput } from '../../parts/id-input.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty, ProblemNote } from '../../parts/states.tsx';
import { hasTimes } from '../../parts/times.ts';
import { ChoicesSection } from './choices-section.tsx';
import { ConnectionSection } from './connection-section.tsx';
import { Section } from './destination-section.tsx';
import {
  destinationOf,
  freshDestination,
  settingsOf,
  type Destination,
  type ExportSettings,
} from './destination.ts';
import { MatchingSection } from './matching-section.tsx';
import { SegmentsSection } from './segments-section.tsx';

/** "Add destination": connection, audience, data matching, segments. */
export function AddDestinationPage() {
  const { t } = useTranslation();
  const { segment } = useSearch({ from: '/inside/data/exports/new' });
  const connections = useQuery(pickableConnectionsQuery);
  const segments = useQuery(segmentsQuery);
  const matching = useQuery(matchingQuery);
  const me = useMe();
  if (!me.can('exports.edit')) return <Empty title={t('exports.add')} text={t('states.notPermittedText')} />;
  return (
    <Asked query={connections}>
      {(pickable) =>
        pickable.length === 0 ? (
          <Empty
            title={t('destination.noConnection')}
            text={t(
              me.can('connections.edit') ? 'destination.noConnectionAdmin' : 'destination.noConnectionText',
            )}
            action={
              me.can('connections.edit') ? (
                <Button component={Link} to="/admin/connections/new">
                  {t('connections.add')}
                </Button>
              ) : undefined
            }
          />
        ) : (
          <Asked query={segments}>
            {(all) =>
              all.length === 0 ? (
                <Empty
                  title={t('destination.noSegments')}
                  text={t('destination.noSegmentsText')}
                  action={
                    <Button component={Link} to="/segments">
                      {t('frame.segments')}
                    </Button>
                  }
                />
              ) : (
                <Asked query={matching}>
                  {(proposed) => (
                    <DestinationForm
                      title={t('exports.add')}
                      begin={{
                        ...freshDestination,
                        connection: pickable.length === 1 ? (pickable[0]?.id ?? null) : null,
                        email: proposed.email ?? '',
                        segments: segment === undefined ? [] : [segment],
                      }}
                    />
                  )}
                </Asked>
              )
            }
          </Asked>
        )
      }
    </Asked>
  );
}

/** The same form for an export that is there. */
export function EditDestinationPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/inside/data/exports/$id/edit' });
  const settings = useQuery(exportSettingsQuery(id));
  return (
    <Asked query={settings}>
      {(item) => (
        <DestinationForm
          title={t('destination.editTitle', { name: item.name })}
          begin={destinationOf(id, item.name, item.settings)}
          before={item.settings}
          etag={item.etag}
        />
      )}
    </Asked>
  );
}

function DestinationForm({
  title,
  begin,
  before = {},
  etag,
}: {
  title: string;
  begin: Destination;
  before?: ExportSettings;
  /** Of the state that is edited; absent: it is new. */
  etag?: string;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [form, setForm] = useState(begin);
  const [chosenId, setChosenId] = useState<string>();
  const change = (part: Partial<Destination>) => setForm((now) => ({ ...now, ...part }));
  const segments = useQuery(segmentsQuery).data ?? [];
  const marked = useQuery(unifyQuery).data?.settings as { sensitive?: string[] } | undefined;
  const sensitive = marked?.sensitive ?? [];
  const fresh = etag === undefined;
  const id = fresh ? (chosenId ?? idFor(form.name)) : form.id;

  const save = useMutation({
    mutationFn: () => {
      const tags = form.segments.map(
        (each) => segments.find(({ segment }) => segment === each)?.name ?? each,
      );
      const prefix = typeof before.tagPrefix === 'string' ? before.tagPrefix : '';
      const body = settingsOf(
        form,
        before,
        tags.map((tag) => prefix + tag),
        sensitive,
      );
      return answerOf(
        api.PUT('/api/v1/exports/{id}/settings', {
          params: { path: { id } },
          body: body as never,
          headers: fresh ? { 'if-none-match': '*' } : { 'if-match': etag },
        }),
      );
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['exports'] });
      await navigate({ to: '/data/exports/$id', params: { id } });
    },
    onError: async (error) => {
      // Marked since this page was opened.
      if (problemOf(error).code === 'sensitive_unconfirmed')
        await client.invalidateQueries({ queryKey: unifyQuery.queryKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const code = save.error === null ? undefined : problemOf(save.error).code;
  const ready =
    form.name.trim() !== '' &&
    (!fresh || isId(id)) &&
    form.audience.trim() !== '' &&
    form.email !== '' &&
    form.segments.length > 0 &&
    (form.schedule !== 'own' || hasTimes(form.times)) &&
    (form.connection !== null || !fresh);

  return (
    <form onSubmit={submit}>
      <PageHead title={title} text={t('destination.about')} />
      <Stack gap="lg" maw={820}>
        <Section title={t('destination.name')}>
          <TextInput
            label={t('exports.name')}
            required
            value={form.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
          {fresh ? <IdInput id={id} onChange={setChosenId} /> : null}
        </Section>
        <ConnectionSection form={form} change={change} />
        <MatchingSection form={form} change={change} />
        <SegmentsSection form={form} change={change} />
        <ChoicesSection form={form} change={change} />
        {save.error === null ? null : <ProblemNote error={save.error} />}
        {code === 'tag_exists' || form.adoptTags ? (
          <Checkbox
            label={t('destination.adoptTags')}
            description={t('destination.adoptTagsText')}
            checked={form.adoptTags}
            onChange={(event) => change({ adoptTags: event.currentTarget.checked })}
          />
        ) : null}
        {code === 'sensitive_unconfirmed' || form.sendSensitive ? (
          <Checkbox
            label={t('destination.sendSensitive')}
            checked={form.sendSensitive}
            onChange={(event) => change({ sendSensitive: event.currentTarget.checked })}
          />
        ) : null}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!ready}>
            {t('act.save')}
          </Button>
          <Button component={Link} to={fresh ? '/data/exports' : `/data/exports/${id}`} variant="default">
            {t('act.back')}
          </Button>
          <Text size="sm" c="dimmed">
            {t('destination.sendsNothing')}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}
