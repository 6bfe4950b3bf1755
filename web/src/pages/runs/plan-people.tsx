import { Group, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlanLine } from '../../api/answers.ts';
import { planPeopleQuery } from '../../api/queries.ts';
import { useWord } from '../../language/use-word.ts';
import { DataTable, type DataColumn } from '../../parts/data-table.tsx';
import { LoadMore, useMore } from '../../parts/load-more.tsx';
import { Asked } from '../../parts/states.tsx';
import classes from './plan-people.module.css';

/** The people of a plan, each with what changes: before → after, tags gained and lost, or why nothing is done. */
export function PlanPeople({ run, action }: { run: string; action: PlanLine['action'] }) {
  const { t } = useTranslation();
  const word = useWord();
  const query = useInfiniteQuery(planPeopleQuery(run, action));
  const lines = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const more = useMore(query);
  const columns = useMemo((): DataColumn<PlanLine>[] => {
    return [
      {
        id: 'email',
        head: t('runs.person'),
        sort: ({ email }) => email,
        cell: ({ email, from }) => (
          <Stack gap={0}>
            <Text size="sm">{email}</Text>
            {from === undefined ? null : (
              <Text size="xs" c="dimmed">
                {t('runs.movesFrom', { from })}
              </Text>
            )}
          </Stack>
        ),
      },
      ...(action === 'keptOut' || action === 'rejected'
        ? [
            {
              id: 'reason',
              head: t('runs.why'),
              sort: (line: PlanLine) => line.reason,
              cell: (line: PlanLine) => (
                <Stack gap={0}>
                  <Text size="sm">{word(`reason.${line.reason ?? 'unknown'}`, line.reason ?? '')}</Text>
                  {line.detail === undefined ? null : (
                    <Text size="xs" c="dimmed">
                      {line.detail}
                    </Text>
                  )}
                </Stack>
              ),
            },
          ]
        : [
            {
              id: 'fields',
              head: t('runs.fields'),
              cell: ({ fields }: PlanLine) => <Fields fields={fields} fresh={action === 'add'} />,
            },
            {
              id: 'tags',
              head: t('runs.tags'),
              cell: ({ gains, loses, archive }: PlanLine) => (
                <Group gap={6}>
                  {gains.map((tag) => (
                    <span key={`+${tag}`} className={classes.gains}>
                      + {tag}
                    </span>
                  ))}
                  {loses.map((tag) => (
                    <span key={`-${tag}`} className={classes.loses}>
                      − {tag}
                    </span>
                  ))}
                  {archive === true ? <span className={classes.loses}>{t('runs.archived')}</span> : null}
                </Group>
              ),
            },
          ]),
    ];
  }, [action, t, word]);
  return (
    <Asked query={query}>
      {() => (
        <>
          <DataTable
            label={t(`runs.${action}`)}
            rows={lines}
            columns={columns}
            rowId={({ email, action: kind }) => `${kind} ${email}`}
            more={more}
          />
          <LoadMore query={query} shown={lines.length} />
        </>
      )}
    </Asked>
  );
}

function Fields({ fields, fresh }: { fields: PlanLine['fields']; fresh: boolean }) {
  return (
    <Stack gap={2}>
      {Object.entries(fields).map(([field, { before, after }]) => (
        <Text size="sm" key={field}>
          <Text span c="dimmed" size="xs">
            {field}{' '}
          </Text>
          {fresh || before === '' ? null : (
            <>
              <del className={classes.before}>{before}</del> →{' '}
            </>
          )}
          <ins className={classes.after}>{after === '' ? '∅' : after}</ins>
        </Text>
      ))}
    </Stack>
  );
}
