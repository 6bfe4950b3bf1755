import {
  ActionIcon,
  Alert,
  Button,
  Card,
  Checkbox,
  Group,
  Select,
  Stack,
  Table,
  Tabs,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconArrowDown, IconArrowUp, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnswerTo, SourceLoad } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { loadsQuery, unifyQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { moved } from '../../parts/moved.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty, ProblemNote } from '../../parts/states.tsx';
import { TaskNote } from '../../parts/task-note.tsx';
import { UnifyPreview } from './unify-preview.tsx';
import {
  attributesOf,
  goesByScore,
  joining,
  renamed,
  rulesIn,
  type Preference,
  type UnifySettings,
  type UnifySource,
} from './unify-model.ts';
import { UnifyRules } from './unify-rules.tsx';

/** How records of several sources become one profile for each person, in four steps. */
export function UnifyPage() {
  const { t } = useTranslation();
  const loads = useQuery(loadsQuery);
  const stored = useQuery(unifyQuery);
  // The form begins anew with each save; whoever saved stays at the step where they were.
  const [step, setStep] = useState<string>('columns');
  return (
    <Asked query={loads}>
      {(all) =>
        all.length === 0 ? (
          <Empty
            title={t('unify.noSources')}
            text={t('unify.noSourcesText')}
            action={
              <Button component={Link} to="/data/sources">
                {t('frame.sources')}
              </Button>
            }
          />
        ) : (
          <Asked query={stored}>
            {(item) => (
              <UnifyForm key={item?.etag ?? 'new'} loads={all} item={item} step={step} setStep={setStep} />
            )}
          </Asked>
        )
      }
    </Asked>
  );
}

function UnifyForm({
  loads,
  item,
  step: shownStep,
  setStep,
}: {
  loads: readonly SourceLoad[];
  item: AnswerTo<'/api/v1/unify'>['item'];
  step: string;
  setStep: (step: string) => void;
}) {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const mayEdit = me.can('unify.edit');
  const [settings, setSettings] = useState<UnifySettings>(
    () => (item?.settings as UnifySettings | undefined) ?? { sources: [] },
  );
  const [task, setTask] = useState<string>();
  const change = (part: Partial<UnifySettings>) => setSettings((now) => ({ ...now, ...part }));
  const changeSource = (index: number, part: Partial<UnifySource>) =>
    change({ sources: settings.sources.map((each, at) => (at === index ? { ...each, ...part } : each)) });
  const [settled] = useDebouncedValue(settings, 600);
  const attributes = attributesOf(settings);
  const save = useMutation({
    mutationFn: () =>
      answerOf(
        api.PUT('/api/v1/unify', {
          body: settings as never,
          headers: item === null ? { 'if-none-match': '*' } : { 'if-match': item.etag },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['unify'] }),
  });
  const refresh = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/refresh', { body: { until: 'segments' } })),
    onSuccess: ({ id }) => setTask(id),
  });
  return (
    <Stack gap="lg">
      <PageHead
        title={t('frame.unify')}
        text={t('unify.about')}
        actions={
          <>
            {mayEdit ? (
              <Button
                loading={save.isPending}
                disabled={settings.sources.length === 0}
                onClick={() => save.mutate()}
              >
                {t('act.save')}
              </Button>
            ) : null}
            {me.can('refresh.run') && item !== null ? (
              <Button
                variant="default"
                leftSection={<IconRefresh size={18} aria-hidden />}
                loading={refresh.isPending}
                onClick={() => refresh.mutate()}
              >
                {t('unify.run')}
              </Button>
            ) : null}
          </>
        }
      />
      {save.error === null ? null : <ProblemNote error={save.error} />}
      {refresh.error === null ? null : <ProblemNote error={refresh.error} />}
      {task === undefined ? null : <TaskNote id={task} onEnd={() => setTask(undefined)} />}
      <fieldset disabled={!mayEdit} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
        <Tabs value={shownStep} onChange={(next) => setStep(next ?? 'columns')} keepMounted={false}>
          <Tabs.List>
            {(['columns', 'deduplicate', 'match', 'merge'] as const).map((step, index) => (
              <Tabs.Tab
                key={step}
                value={step}
                disabled={step !== 'columns' && settings.sources.length === 0}
              >
                {index + 1}. {t(`unify.step.${step}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="columns" pt="md">
            <Columns loads={loads} settings={settings} change={change} changeSource={changeSource} />
          </Tabs.Panel>
          <Tabs.Panel value="deduplicate" pt="md">
            <Stack>
              <Text c="dimmed" size="sm">
                {t('unify.deduplicateText')}
              </Text>
              {settings.sources.map((each, index) => (
                <Card key={each.source} withBorder>
                  <Title order={2} mb="sm">
                    {each.source}
                  </Title>
                  {goesByScore(each.deduplicate) ? (
                    <Alert color="gray">{t('unify.byScore')}</Alert>
                  ) : (
                    <UnifyRules
                      rules={rulesIn(each.deduplicate)}
                      attributes={Object.keys(each.attributes)}
                      onChange={(deduplicate) => changeSource(index, { deduplicate })}
                    />
                  )}
                </Card>
              ))}
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="match" pt="md">
            <Stack>
              <Text c="dimmed" size="sm">
                {t(settings.sources.length < 2 ? 'unify.oneSource' : 'unify.matchText')}
              </Text>
              {goesByScore(settings.match) ? (
                <Alert color="gray">{t('unify.byScore')}</Alert>
              ) : (
                <UnifyRules
                  rules={rulesIn(settings.match)}
                  attributes={attributes}
                  onChange={(match) => change({ match })}
                />
              )}
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="merge" pt="md">
            <Merge settings={settings} attributes={attributes} change={change} />
          </Tabs.Panel>
        </Tabs>
      </fieldset>
      {mayEdit && settled.sources.length > 0 ? <UnifyPreview settings={settled} /> : null}
    </Stack>
  );
}

function Columns({
  loads,
  settings,
  change,
  changeSource,
}: {
  loads: readonly SourceLoad[];
  settings: UnifySettings;
  change: (part: Partial<UnifySettings>) => void;
  changeSource: (index: number, part: Partial<UnifySource>) => void;
}) {
  const { t } = useTranslation();
  const order = [
    ...settings.sources.map(({ source }) => source),
    ...loads
      .map(({ source }) => source)
      .filter((id) => !settings.sources.some(({ source }) => source === id)),
  ];
  return (
    <Stack>
      <Text c="dimmed" size="sm">
        {t('unify.columnsText')}
      </Text>
      {order.map((id) => {
        const load = loads.find(({ source }) => source === id);
        const index = settings.sources.findIndex(({ source }) => source === id);
        const joined = settings.sources[index];
        return (
          <Card key={id} withBorder>
            <Group justify="space-between" mb={joined === undefined ? 0 : 'sm'}>
              <Checkbox
                label={
                  <Text span fw={650}>
                    {id}
                  </Text>
                }
                description={t('unify.holdsCustomers')}
                checked={joined !== undefined}
                onChange={(event) =>
                  change({
                    sources: event.currentTarget.checked
                      ? [
                          ...settings.sources,
                          load === undefined ? { source: id, attributes: {} } : joining(load),
                        ]
                      : settings.sources.filter(({ source }) => source !== id),
                  })
                }
              />
              {joined === undefined ? null : (
                <ActionIcon.Group>
                  {([-1, 1] as const).map((by) => (
                    <ActionIcon
                      key={by}
                      variant="default"
                      disabled={index + by < 0 || index + by >= settings.sources.length}
                      aria-label={t(by < 0 ? 'unify.moreImportant' : 'unify.lessImportant', { name: id })}
                      title={t(by < 0 ? 'unify.moreImportant' : 'unify.lessImportant', { name: id })}
                      onClick={() => change({ sources: moved(settings.sources, index, by) })}
                    >
                      {by < 0 ? (
                        <IconArrowUp size={16} aria-hidden />
                      ) : (
                        <IconArrowDown size={16} aria-hidden />
                      )}
                    </ActionIcon>
                  ))}
                </ActionIcon.Group>
              )}
            </Group>
            {joined === undefined || load === undefined ? null : (
              <Table.ScrollContainer minWidth={420}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('sources.column')}</Table.Th>
                      <Table.Th>{t('sources.type')}</Table.Th>
                      <Table.Th>{t('unify.attribute')}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {load.columns.map((column) => {
                      const now = attributeOf(joined, column.name);
                      return (
                        <Table.Tr key={column.name}>
                          <Table.Td>
                            {column.name}
                            {load.key.includes(column.name) ? ` (${t('sources.key')})` : ''}
                          </Table.Td>
                          <Table.Td>
                            {column.type}
                            {column.semantic === undefined ? '' : ` · ${column.semantic}`}
                          </Table.Td>
                          <Table.Td>
                            <AttributeName
                              // Anew where its name went to another column: what was typed is not its name any more.
                              key={now}
                              column={column.name}
                              now={now}
                              attributes={joined.attributes}
                              onChange={(attributes) => changeSource(index, { attributes })}
                            />
                          </Table.Td>
                        </Table.Tr>
                      );
                    })}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )}
          </Card>
        );
      })}
    </Stack>
  );
}

function attributeOf({ attributes }: UnifySource, column: string): string {
  return Object.entries(attributes).find(([, from]) => from === column)?.[0] ?? '';
}

/** What a column is called as an attribute of people; empty: it is not one. */
function AttributeName({
  column,
  now,
  attributes,
  onChange,
}: {
  column: string;
  now: string;
  attributes: Record<string, string>;
  onChange: (attributes: Record<string, string>) => void;
}) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(now);
  return (
    <TextInput
      aria-label={t('unify.attributeOf', { column })}
      placeholder="–"
      size="xs"
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      // Not at each key: half a name is another attribute, and all rules speak of them.
      onBlur={() => {
        const name = typed.trim();
        if (name !== now) onChange(renamed(attributes, { column, now, name }));
      }}
    />
  );
}

function Merge({
  settings,
  attributes,
  change,
}: {
  settings: UnifySettings;
  attributes: readonly string[];
  change: (part: Partial<UnifySettings>) => void;
}) {
  const { t } = useTranslation();
  const merge = settings.merge ?? {};
  const choices = [
    { value: 'importance', label: t('unify.prefer.importance') },
    { value: 'mostFilled', label: t('unify.prefer.mostFilled') },
    ...attributes.flatMap((attribute) => [
      { value: `mostRecent ${attribute}`, label: t('unify.prefer.mostRecent', { attribute }) },
      { value: `leastRecent ${attribute}`, label: t('unify.prefer.leastRecent', { attribute }) },
    ]),
  ];
  return (
    <Stack maw={640}>
      <Text c="dimmed" size="sm">
        {t('unify.mergeText')}
      </Text>
      <Select
        label={t('unify.default')}
        data={choices}
        value={wordFor(merge.default ?? 'importance')}
        allowDeselect={false}
        onChange={(word) => change({ merge: { ...merge, default: preferenceOf(word ?? 'importance') } })}
      />
      {attributes.map((attribute) => (
        <Select
          key={attribute}
          label={attribute}
          placeholder={t('unify.asDefault')}
          clearable
          clearButtonProps={{ 'aria-label': t('rules.clear') }}
          searchable
          data={choices}
          value={merge.attributes?.[attribute] === undefined ? null : wordFor(merge.attributes[attribute])}
          onChange={(word) => {
            const { [attribute]: _, ...others } = merge.attributes ?? {};
            const chosen = word === null ? others : { ...others, [attribute]: preferenceOf(word) };
            change({ merge: { ...merge, attributes: chosen } });
          }}
        />
      ))}
    </Stack>
  );
}

function wordFor(preference: Preference): string {
  if (typeof preference === 'string') return preference;
  const [[kind, attribute] = ['importance', '']] = Object.entries(preference) as [string, unknown][];
  return `${kind} ${typeof attribute === 'string' ? attribute : ''}`;
}

function preferenceOf(word: string): Preference {
  const [kind = 'importance', ...attribute] = word.split(' ');
  return attribute.length === 0 ? (kind as Preference) : { [kind]: attribute.join(' ') };
}
