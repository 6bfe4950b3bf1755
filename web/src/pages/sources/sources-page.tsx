import { Anchor, Code, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnswerTo, SourceLoad } from '../../api/answers.ts';
import { loadsQuery, sourcesQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { DataTable, type DataColumn } from '../../parts/data-table.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import { AddSource } from './add-source.tsx';
import { SourceDetails } from './source-details.tsx';

type Source = AnswerTo<'/api/v1/sources/{id}'>;

interface Listed {
  source: Source;
  load: SourceLoad | undefined;
}

/** Where customers come from, what was read of them, and what was set aside. */
export function SourcesPage() {
  const { t } = useTranslation();
  const me = useMe();
  const sources = useQuery(sourcesQuery);
  const loads = useQuery(loadsQuery).data ?? [];
  const [shown, setShown] = useState<string>();
  const add = me.can('sources.edit') ? <AddSource /> : undefined;
  return (
    <Stack gap="lg">
      <PageHead title={t('frame.sources')} text={t('sources.about')} actions={add} />
      <Asked query={sources}>
        {(all) =>
          all.length === 0 ? (
            <Empty title={t('sources.none')} text={t('sources.noneText')} />
          ) : (
            <SourceTable
              sources={all.map((source) => ({
                source,
                load: loads.find((each) => each.source === source.id),
              }))}
              show={setShown}
            />
          )
        }
      </Asked>
      {shown === undefined ? null : <SourceDetails key={shown} id={shown} />}
    </Stack>
  );
}

function SourceTable({ sources, show }: { sources: readonly Listed[]; show: (id: string) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useMe();
  const looks = me.can('look.people');
  const columns = useMemo(
    (): DataColumn<Listed>[] => [
      {
        id: 'name',
        head: t('sources.name'),
        sort: ({ source }) => source.name.toLowerCase(),
        cell: ({ source }) =>
          looks ? (
            <Anchor component="button" type="button" fw={600} size="sm" onClick={() => show(source.id)}>
              {source.name}
            </Anchor>
          ) : (
            <Text size="sm" fw={600}>
              {source.name}
            </Text>
          ),
      },
      {
        id: 'type',
        head: t('sources.type'),
        sort: ({ source }) => String(source.settings.type),
        cell: ({ source }) => (
          <Stack gap={0}>
            <Text size="sm">{String(source.settings.type)}</Text>
            <Code fz="xs">
              {[source.settings.path, source.settings.table].find((each) => typeof each === 'string')}
            </Code>
          </Stack>
        ),
      },
      {
        id: 'rows',
        head: t('sources.rows'),
        numeric: true,
        sort: ({ load }) => load?.rows ?? null,
        cell: ({ load }) => (load === undefined ? t('sources.notRead') : format.number(load.rows)),
      },
      {
        id: 'rejected',
        head: t('sources.rejected'),
        numeric: true,
        sort: ({ load }) => load?.rejected ?? null,
        cell: ({ load }) => (load === undefined ? '–' : format.number(load.rejected)),
      },
      {
        id: 'loaded',
        head: t('sources.loaded'),
        sort: ({ load }) => load?.loadedAt ?? null,
        cell: ({ load }) => <When at={load?.loadedAt} />,
      },
      {
        id: 'warnings',
        head: t('sources.warnings'),
        cell: ({ load }) =>
          (load?.warnings ?? []).map((text) => (
            <Text key={text} size="xs">
              ⚠ {text}
            </Text>
          )),
      },
    ],
    [t, format, looks, show],
  );
  return (
    <DataTable
      label={t('frame.sources')}
      rows={sources}
      columns={columns}
      rowId={({ source }) => source.id}
    />
  );
}
