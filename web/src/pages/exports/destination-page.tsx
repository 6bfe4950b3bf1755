import {
  ActionIcon,
  Anchor,
  Autocomplete,
  Button,
  Card,
  Checkbox,
  Group,
  MultiSelect,
  NumberInput,
  Radio,
  Select,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import {
  audienceQuery,
  exportSettingsQuery,
  loginQuery,
  matchingQuery,
  pickableConnectionsQuery,
  segmentsQuery,
} from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { useWord } from '../../language/use-word.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty, ProblemNote } from '../../parts/states.tsx';
import { TimesInput } from '../../parts/times-input.tsx';
import { hasTimes } from '../../parts/times.ts';
import classes from './destination-page.module.css';
import {
  destinationOf,
  fieldWays,
  freshDestination,
  idFor,
  settingsOf,
  type Destination,
  type ExportSettings,
} from './destination.ts';

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
  const change = (part: Partial<Destination>) => setForm((now) => ({ ...now, ...part }));
  const segments = useQuery(segmentsQuery).data ?? [];
  const fresh = etag === undefined;
  const id = fresh ? form.id || idFor(form.name) : form.id;

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
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const code = save.error === null ? undefined : problemOf(save.error).code;
  const ready =
    form.name.trim() !== '' &&
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
            {...(fresh && id !== '' ? { description: t('destination.idIs', { id }) } : {})}
          />
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

interface Part {
  form: Destination;
  change: (part: Partial<Destination>) => void;
}

function Section({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <Card withBorder component="section">
      <Title order={2} mb={text === undefined ? 'sm' : 4}>
        {title}
      </Title>
      {text === undefined ? null : (
        <Text size="sm" c="dimmed" mb="sm">
          {text}
        </Text>
      )}
      <Stack>{children}</Stack>
    </Card>
  );
}

function ConnectionSection({ form, change }: Part) {
  const { t } = useTranslation();
  const format = useFormat();
  const connections = useQuery(pickableConnectionsQuery).data ?? [];
  const login = useQuery({ ...loginQuery(form.connection ?? ''), enabled: form.connection !== null });
  const [typed] = useDebouncedValue(form.audience.trim(), 400);
  const audience = useQuery({
    ...audienceQuery(form.connection ?? '', typed),
    enabled: form.connection !== null && typed !== '',
  });
  const audiences = login.data?.audiences ?? [];
  const chosen = audiences.find(({ id }) => id === typed);
  const unknown = audience.error !== null && problemOf(audience.error).code === 'audience_unknown';
  return (
    <Section title={t('destination.connection')}>
      <Select
        label={t('destination.connectionFor')}
        required
        searchable
        nothingFoundMessage={t('destination.nothing')}
        data={[
          { group: 'Mailchimp', items: connections.map(({ id, name }) => ({ value: id, label: name })) },
        ]}
        value={form.connection}
        onChange={(connection) => change({ connection })}
      />
      {login.error === null ? null : <ProblemNote error={login.error} again={() => void login.refetch()} />}
      <Autocomplete
        label={t('destination.audience')}
        description={
          <>
            {t('destination.audienceText')}{' '}
            <Anchor
              href="https://mailchimp.com/help/find-audience-id/"
              target="_blank"
              rel="noreferrer"
              size="xs"
              underline="always"
            >
              {t('destination.whereId')}
            </Anchor>
          </>
        }
        required
        data={audiences.map(({ id }) => id)}
        renderOption={({ option }) => {
          const each = audiences.find(({ id }) => id === option.value);
          return (
            <div>
              <Text size="sm">{each?.name ?? option.value}</Text>
              <Text size="xs" c="dimmed">
                {option.value} · {t('destination.contacts', { count: each?.contacts ?? 0 })}
              </Text>
            </div>
          );
        }}
        filter={({ options, search }) => {
          const wanted = search.trim().toLowerCase();
          const exact = audiences.some(({ id }) => id === search.trim());
          if (exact) return options;
          return options.filter((option) => {
            const value = 'value' in option ? option.value : '';
            const name = audiences.find(({ id }) => id === value)?.name ?? '';
            return value.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted);
          });
        }}
        value={form.audience}
        onChange={(value) => change({ audience: value })}
        error={unknown ? t('destination.audienceUnknown') : undefined}
      />
      {audience.data === undefined ? null : (
        <Text size="sm" role="status">
          ✓ {audience.data.name}
          {chosen === undefined
            ? ''
            : ` · ${t('destination.contacts', { count: chosen.contacts, shown: format.number(chosen.contacts) })}`}
          {audience.data.doubleOptIn ? ` · ${t('destination.doubleOptIn')}` : ''}
        </Text>
      )}
      {audience.error !== null && !unknown ? <ProblemNote error={audience.error} /> : null}
    </Section>
  );
}

function MatchingSection({ form, change }: Part) {
  const { t } = useTranslation();
  const format = useFormat();
  const proposed = useQuery(matchingQuery).data;
  const audience = useQuery({
    ...audienceQuery(form.connection ?? '', form.audience.trim()),
    enabled: form.connection !== null && form.audience.trim() !== '',
  }).data;
  const attributes = proposed?.attributes ?? [];
  const names = attributes.map(({ name }) => name);
  const email = attributes.find(({ name }) => name === form.email);
  const taken = new Set(form.attributes.map(({ tag }) => tag));
  const fields = audience?.fields ?? [
    { tag: 'FNAME', name: t('destination.firstName'), type: 'text' },
    { tag: 'LNAME', name: t('destination.lastName'), type: 'text' },
  ];
  const nextField = ['FNAME', 'LNAME', ...fields.map(({ tag }) => tag)].find((tag) => !taken.has(tag)) ?? '';
  const guess: Record<string, string | null | undefined> = {
    FNAME: proposed?.firstName,
    LNAME: proposed?.lastName,
  };
  const set = (index: number, part: Partial<Destination['attributes'][number]>) =>
    change({ attributes: form.attributes.map((each, at) => (at === index ? { ...each, ...part } : each)) });
  const labelOf = (tag: string, name: string, type: string) =>
    tag === 'FNAME'
      ? `${t('destination.firstName')} (FNAME)`
      : tag === 'LNAME'
        ? `${t('destination.lastName')} (LNAME)`
        : `${name} (${tag}, ${type})`;
  return (
    <Section title={t('destination.matching')} text={t('destination.matchingText')}>
      <Select
        label={t('destination.email')}
        required
        searchable
        data={names}
        value={form.email === '' ? null : form.email}
        onChange={(value) => change({ email: value ?? '' })}
        description={
          email === undefined || proposed === undefined || proposed.profiles === 0
            ? undefined
            : t('destination.emailFilled', {
                filled: format.percent(email.filled),
                valid: format.percent(email.valid ?? 0),
              })
        }
      />
      {form.attributes.map(({ tag, from, way }, index) => (
        <Group key={tag + String(index)} align="flex-end" className={classes.field}>
          <Select
            label={t('destination.field')}
            searchable
            flex={1}
            data={fields
              .filter((each) => each.tag === tag || !taken.has(each.tag))
              .map((each) => ({ value: each.tag, label: labelOf(each.tag, each.name, each.type) }))
              .concat(fields.some((each) => each.tag === tag) ? [] : [{ value: tag, label: tag }])}
            value={tag}
            onChange={(value) => set(index, { tag: value ?? '' })}
          />
          <Select
            label={t('destination.from')}
            searchable
            flex={1}
            data={names.includes(from) || from === '' ? names : [...names, from]}
            value={from === '' ? null : from}
            placeholder={t('destination.choose')}
            onChange={(value) => set(index, { from: value ?? '' })}
          />
          <Select
            label={t('destination.way')}
            flex={1}
            allowDeselect={false}
            data={fieldWays.map((value) => ({ value, label: t(`destination.ways.${value}`) }))}
            value={way}
            onChange={(value) => set(index, { way: value ?? 'overwrite' })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t('destination.removeField', { field: tag })}
            onClick={() => change({ attributes: form.attributes.filter((_, at) => at !== index) })}
          >
            <IconTrash size={18} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          disabled={nextField === ''}
          onClick={() =>
            change({
              attributes: [
                ...form.attributes,
                { tag: nextField, from: guess[nextField] ?? '', way: 'overwrite' },
              ],
            })
          }
        >
          {t('destination.addAttribute')}
        </Button>
      </Group>
    </Section>
  );
}

function SegmentsSection({ form, change }: Part) {
  const { t } = useTranslation();
  const format = useFormat();
  const word = useWord();
  const segments = useQuery(segmentsQuery).data ?? [];
  const size = useQuery({
    queryKey: ['exports', 'size', form.email, form.segments, form.exclude],
    queryFn: () =>
      answerOf(
        api.POST('/api/v1/exports/size', {
          body: { match: { email: form.email }, segments: form.segments, exclude: form.exclude },
        }),
      ),
    enabled: form.email !== '' && form.segments.length > 0,
    placeholderData: keepPreviousData,
  });
  const label = ({ name, members, state }: (typeof segments)[number]) =>
    [
      name,
      members === null
        ? t('segments.neverRun')
        : t('segments.people', { count: members, shown: format.number(members) }),
      ...(state === 'active' ? [] : [word(`status.${state}`, state)]),
    ].join(' · ');
  const data = segments.map((each) => ({ value: each.segment, label: label(each) }));
  const silent = segments.filter(
    ({ segment, state, members }) => form.segments.includes(segment) && (state !== 'active' || !members),
  );
  const people = size.data?.people ?? 0;
  return (
    <Section title={t('destination.segments')} text={t('destination.segmentsText')}>
      <MultiSelect
        label={t('destination.chosen')}
        required
        searchable
        data={data}
        value={form.segments}
        onChange={(value) => change({ segments: value })}
      />
      {silent.map(({ segment, name, state }) => (
        <Text key={segment} size="sm">
          ⚠ {t(state === 'active' ? 'destination.emptySegment' : 'destination.silentSegment', { name })}
        </Text>
      ))}
      <MultiSelect
        label={t('destination.exclude')}
        searchable
        data={data.filter(({ value }) => !form.segments.includes(value))}
        value={form.exclude}
        onChange={(value) => change({ exclude: value })}
      />
      {form.segments.length > 0 && size.data !== undefined ? (
        <Text role="status" fw={600}>
          {t('destination.total', {
            count: people,
            shown: format.number(people),
            limit: format.number(1_000_000),
          })}
        </Text>
      ) : null}
      {people > 1_000_000 ? <Text c="var(--mantine-color-error)">{t('destination.tooMany')}</Text> : null}
      {size.error === null ? null : <ProblemNote error={size.error} />}
    </Section>
  );
}

function ChoicesSection({ form, change }: Part) {
  const { t } = useTranslation();
  const attributes = useQuery(matchingQuery).data?.attributes.map(({ name }) => name) ?? [];
  return (
    <Section title={t('destination.choices')}>
      <Radio.Group
        label={t('destination.newContacts')}
        value={form.newContacts}
        onChange={(value) => change({ newContacts: value })}
      >
        <Stack gap="xs" mt="xs">
          {(['subscribed', 'pending', 'transactional'] as const).map((value) => (
            <Radio key={value} value={value} label={t(`destination.new.${value}`)} />
          ))}
        </Stack>
      </Radio.Group>
      <Select
        label={t('destination.consent')}
        description={t('destination.consentText')}
        clearable
        searchable
        data={attributes}
        value={form.consentField}
        onChange={(value) => change({ consentField: value })}
      />
      <Radio.Group
        label={t('destination.leavers')}
        value={form.leavers}
        onChange={(value) => change({ leavers: value })}
      >
        <Stack gap="xs" mt="xs">
          {(['untag', 'archive', 'keep'] as const).map((value) => (
            <Radio key={value} value={value} label={t(`destination.leave.${value}`)} />
          ))}
        </Stack>
      </Radio.Group>
      <Radio.Group
        label={t('exports.schedule')}
        value={form.schedule}
        onChange={(value) => change({ schedule: value })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="refresh" label={t('exports.schedules.refresh')} />
          <Radio value="off" label={t('exports.schedules.off')} />
          <Radio value="own" label={t('exports.schedules.own')} />
        </Stack>
      </Radio.Group>
      {form.schedule === 'own' ? (
        <TimesInput value={form.times} onChange={(times) => change({ times })} />
      ) : null}
      <Group grow align="flex-start">
        <NumberInput
          label={t('destination.leaversLimit')}
          description={t('destination.leaversLimitText')}
          suffix=" %"
          min={0}
          max={100}
          value={form.leaversLimit}
          onChange={(value) => change({ leaversLimit: typeof value === 'number' ? value : '' })}
        />
        <NumberInput
          label={t('destination.contract')}
          description={t('destination.contractText')}
          min={1}
          thousandSeparator=" "
          value={form.contract}
          onChange={(value) => change({ contract: typeof value === 'number' ? value : '' })}
        />
      </Group>
    </Section>
  );
}
