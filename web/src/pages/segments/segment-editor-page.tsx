import {
  Alert,
  Anchor,
  Button,
  Card,
  Group,
  List,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import { useDebouncedValue, useHotkeys } from '@mantine/hooks';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RuleFields } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { fieldsQuery, segmentSettingsQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { idFor, isId } from '../../parts/id-for.ts';
import { IdInput } from '../../parts/id-input.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty, ProblemNote } from '../../parts/states.tsx';
import { textOf, type PersonRow } from '../customers/people-columns.tsx';
import type { Group as Rules } from './rules/rule-shape.ts';
import { areSaid, firstStep, fromSteps, stepsOf, type Step } from './rules/steps.ts';
import { StepsEditor } from './rules/steps-editor.tsx';
import { useHistory } from './rules/use-history.ts';

type Settings = Readonly<Record<string, unknown>>;

/** What a segment that is saved may become, whatever it was. */
const begins = ['active', 'draft'] as const;

export function AddSegmentPage() {
  const { t } = useTranslation();
  const me = useMe();
  const fields = useQuery(fieldsQuery);
  if (!me.can('segments.edit'))
    return <Empty title={t('segments.add')} text={t('states.notPermittedText')} />;
  // Before the first unification nothing is known of anybody that a rule could ask.
  if (fields.error !== null && problemOf(fields.error).code === 'no_profiles')
    return (
      <Empty
        title={t('segments.noFields')}
        text={t('segments.noFieldsText')}
        action={
          <Button component={Link} to="/data/sources">
            {t('frame.sources')}
          </Button>
        }
      />
    );
  return (
    <Asked query={fields}>{(all) => <SegmentForm all={all} title={t('segments.add')} settings={{}} />}</Asked>
  );
}

export function EditSegmentPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/inside/segments/$id/edit' });
  const fields = useQuery(fieldsQuery);
  const settings = useQuery(segmentSettingsQuery(id));
  return (
    <Asked query={settings}>
      {(item) => (
        <Asked query={fields}>
          {(all) => (
            <SegmentForm
              all={all}
              title={t('destination.editTitle', { name: item.name })}
              id={id}
              name={item.name}
              settings={item.settings}
              etag={item.etag}
            />
          )}
        </Asked>
      )}
    </Asked>
  );
}

function SegmentForm({
  all,
  title,
  id: given,
  name: givenName = '',
  settings,
  etag,
}: {
  all: RuleFields;
  title: string;
  id?: string;
  name?: string;
  settings: Settings;
  etag?: string;
}) {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [name, setName] = useState(givenName);
  const [chosenId, setChosenId] = useState<string>();
  const [description, setDescription] = useState(
    typeof settings.description === 'string' ? settings.description : '',
  );
  const [tags, setTags] = useState<string[]>(Array.isArray(settings.tags) ? settings.tags.map(String) : []);
  const stored = settings.rules as Rules | undefined;
  // A list and people who are held out have no rules, and what the editor cannot show stays as it is.
  const shown = useMemo(
    () => (stored === undefined ? (given === undefined ? [firstStep()] : undefined) : stepsOf(stored, all)),
    [stored, given, all],
  );
  const editable = shown !== undefined;
  const history = useHistory<readonly Step[]>(shown ?? [firstStep()]);
  useHotkeys([
    ['mod+Z', history.undo],
    ['mod+shift+Z', history.redo],
  ]);
  const rules = useMemo(() => fromSteps(history.now, all), [history.now, all]);
  const said = useMemo(() => areSaid(history.now, all), [history.now, all]);
  const id = given ?? chosenId ?? idFor(name);
  const ready = name.trim() !== '' && (given !== undefined || isId(id)) && said;

  const mayRun = me.can('refresh.run');
  // One that was switched off stays so where only its words are changed.
  const states = settings.state === 'inactive' ? (['inactive', ...begins] as const) : begins;
  const words = {
    inactive: t('act.save'),
    active: t(
      mayRun ? 'segments.saveAndRun' : settings.state === 'inactive' ? 'segments.activate' : 'act.save',
    ),
    draft: t('segments.saveDraft'),
  };

  const save = useMutation({
    mutationFn: async (state: keyof typeof words) => {
      const { state: _, description: _description, ...rest } = settings;
      const body = {
        ...rest,
        name: name.trim(),
        ...(description === '' ? {} : { description }),
        tags,
        state,
        // Rules that nobody has touched stay word for word.
        ...(editable && (stored === undefined || history.canUndo) ? { rules } : {}),
      };
      await answerOf(
        api.PUT('/api/v1/segments/{id}/settings', {
          params: { path: { id } },
          body: body as never,
          headers: etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag },
        }),
      );
      // "Run": its people are found at once, and with each refresh from now on. It is saved whether or not that can
      // begin; its page, which is shown next, can refresh it and says why that fails.
      if (state === 'active' && mayRun)
        await api.POST('/api/v1/segments/{id}/refresh', { params: { path: { id } } }).catch(() => undefined);
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['segments'] });
      await client.invalidateQueries({ queryKey: ['fields'] });
      await client.invalidateQueries({ queryKey: ['tasks'] });
      await navigate({ to: '/segments/$id', params: { id } });
    },
  });

  return (
    <>
      <PageHead
        title={title}
        text={t('segments.builderAbout')}
        actions={
          <>
            <Button
              variant="default"
              leftSection={<IconArrowBackUp size={18} aria-hidden />}
              disabled={!history.canUndo}
              onClick={history.undo}
            >
              {t('rules.undo')}
            </Button>
            <Button
              variant="default"
              leftSection={<IconArrowForwardUp size={18} aria-hidden />}
              disabled={!history.canRedo}
              onClick={history.redo}
            >
              {t('rules.redo')}
            </Button>
          </>
        }
      />
      <Group align="flex-start" gap="lg">
        <Stack flex="3 1 480px" miw={0} gap="lg">
          <Card withBorder>
            <Stack>
              <TextInput
                label={t('segments.name')}
                required
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              {given === undefined ? <IdInput id={id} onChange={setChosenId} /> : null}
              <Textarea
                label={t('segments.description')}
                autosize
                value={description}
                onChange={(event) => setDescription(event.currentTarget.value)}
              />
              <TagsInput label={t('segments.words')} maxTags={20} value={tags} onChange={setTags} />
            </Stack>
          </Card>
          <Card withBorder>
            <Title order={2} mb="sm">
              {t('segments.rules')}
            </Title>
            {editable ? (
              <Counted all={all} rules={rules} said={said} editor={history.now} change={history.change} />
            ) : (
              <Alert color="gray" title={t('segments.notHere')}>
                {t('segments.notHereText')}
              </Alert>
            )}
          </Card>
          {said ? null : (
            <Text size="sm" role="status">
              {t('segments.unfilled')}
            </Text>
          )}
          {save.error === null ? null : <ProblemNote error={save.error} />}
          <Group>
            {states.map((state, index) => (
              <Button
                key={state}
                variant={index === 0 ? 'filled' : 'default'}
                loading={save.isPending && save.variables === state}
                disabled={!ready}
                onClick={() => save.mutate(state)}
              >
                {words[state]}
              </Button>
            ))}
            <Anchor component={Link} to={given === undefined ? '/segments' : `/segments/${given}`}>
              {t('act.back')}
            </Anchor>
          </Group>
          <Text size="sm" c="dimmed">
            {t('segments.missing')}
          </Text>
        </Stack>
        {editable ? <LookAhead rules={rules} /> : null}
      </Group>
    </>
  );
}

/** What the rules mean now: how many people, and in words. */
function useLookAhead(rules: Rules) {
  const { i18n } = useTranslation();
  const [settled] = useDebouncedValue(rules, 300);
  return useQuery({
    queryKey: ['look ahead', settled, i18n.language],
    queryFn: ({ signal }) =>
      answerOf(
        api.POST('/api/v1/segments/look-ahead', {
          body: { rules: settled as never, language: i18n.language === 'ro' ? 'ro' : 'en' },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

function Counted({
  all,
  rules,
  said,
  editor,
  change,
}: {
  all: RuleFields;
  rules: Rules;
  said: boolean;
  editor: readonly Step[];
  change: (steps: readonly Step[]) => void;
}) {
  const { data } = useLookAhead(rules);
  const { counts, running } = useMemo(() => {
    // A rule that is not filled in is not counted, and would shift the places of those after it.
    const counted = said ? (data?.rules ?? []) : [];
    return {
      counts: new Map(counted.map(({ path, people }) => [path, people] as const)),
      running: new Map(counted.map(({ path, running: found }) => [path, found] as const)),
    };
  }, [data, said]);
  return <StepsEditor all={all} steps={editor} onChange={change} counts={counts} running={running} />;
}

function LookAhead({ rules }: { rules: Rules }) {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useMe();
  const { data, error, isFetching } = useLookAhead(rules);
  return (
    <Card
      withBorder
      flex="1 1 260px"
      miw={0}
      pos="sticky"
      top={72}
      component="aside"
      aria-label={t('segments.size')}
    >
      <Stack gap="sm" aria-busy={isFetching}>
        <Text size="sm" c="dimmed">
          {t('segments.size')}
        </Text>
        <Text fz="1.8rem" fw={650} lh={1.1} role="status">
          {data === undefined ? '…' : format.number(data.people)}
        </Text>
        {data === undefined ? null : (
          <>
            <Text size="sm" c="dimmed">
              {t('segments.ofAll', {
                all: format.number(data.everybody),
                share: format.percent(data.everybody === 0 ? 0 : data.people / data.everybody),
              })}
            </Text>
            <Text size="sm">{data.sentence}</Text>
          </>
        )}
        {error === null ? null : <ProblemNote error={error} />}
        {me.can('look.people') && data !== undefined && data.first.length > 0 ? (
          <>
            <Text size="sm" fw={600}>
              {t('segments.firstPeople')}
            </Text>
            <SomePeople people={data.first} />
          </>
        ) : null}
      </Stack>
    </Card>
  );
}

/** Some of the people with why they are in; a reason that all of them share is said once. */
function SomePeople({ people }: { people: readonly Explained[] }) {
  const reasons = people.map(({ rules }) =>
    (rules ?? [])
      .filter(({ holds }) => holds)
      .map(({ text }) => text)
      .join('; '),
  );
  const shared = new Set(reasons).size === 1;
  return (
    <>
      {shared && people.length > 1 ? (
        <Text size="sm" c="dimmed">
          {reasons[0]}
        </Text>
      ) : null}
      <List size="sm" spacing={4} style={{ overflowWrap: 'anywhere' }}>
        {people.map(({ customerId, person }, index) => (
          <List.Item key={customerId}>
            <Anchor component={Link} to={`/data/customers/${customerId}`} size="sm" underline="always">
              {nameOf(person) || customerId.slice(0, 8)}
            </Anchor>{' '}
            {shared && people.length > 1 ? null : reasons[index]}
          </List.Item>
        ))}
      </List>
    </>
  );
}

interface Explained {
  customerId: string;
  person: PersonRow | null;
  rules?: { text: string; holds: boolean }[];
}

/** What a person is called in one line: what stands in their first attributes. */
function nameOf(person: PersonRow | null): string {
  return Object.entries(person ?? {})
    .filter(([name, value]) => name !== 'customer_id' && typeof value === 'string' && value !== '')
    .slice(0, 1)
    .map(([, value]) => textOf(value))
    .join(' ');
}
