import { Button, FileInput, Group, Modal, Select, Stack, Tabs, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../../api/client.ts';
import { notReached, problemFrom } from '../../api/problem.ts';
import { idFor, isId } from '../../parts/id-for.ts';
import { IdInput } from '../../parts/id-input.tsx';
import { ProblemNote } from '../../parts/states.tsx';

const fileTypes = ['csv', 'json', 'jsonl', 'parquet'] as const;
type Way = 'upload' | 'path' | 'postgres';

/** A file of theirs, a file that lies beside the workspace, or a table of PostgreSQL. */
export function AddSource() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setOpen(true)}>
        {t('sources.add')}
      </Button>
      {open ? (
        <Modal
          opened
          onClose={() => setOpen(false)}
          title={t('sources.add')}
          size="lg"
          closeButtonProps={{ 'aria-label': t('act.close') }}
        >
          <AddForm close={() => setOpen(false)} />
        </Modal>
      ) : null}
    </>
  );
}

function AddForm({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [way, setWay] = useState<Way>('upload');
  const [name, setName] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const [path, setPath] = useState('');
  const [type, setType] = useState<(typeof fileTypes)[number]>('csv');
  const [url, setUrl] = useState('');
  const [table, setTable] = useState('');
  const [key, setKey] = useState('');
  const [chosenId, setChosenId] = useState<string>();
  const id = chosenId ?? idFor(name).replaceAll('-', '_');
  const add = useMutation({
    mutationFn: async () => {
      const columns = key
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== '');
      const keyed = columns.length === 0 ? {} : { key: columns.length === 1 ? columns[0] : columns };
      const place =
        way === 'postgres'
          ? { type: 'postgres' as const, url, table }
          : {
              type: way === 'upload' && file !== null ? typeOf(file.name) : type,
              path: way === 'upload' && file !== null ? await upload(id, file) : path,
            };
      return answerOf(
        api.PUT('/api/v1/sources/{id}', {
          params: { path: { id } },
          body: { ...place, ...keyed, name } as never,
          headers: { 'if-none-match': '*' },
        }),
      );
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['sources'] });
      close();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={t('sources.name')}
          description={t('sources.nameAdvice')}
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <IdInput id={id} onChange={setChosenId} />
        <Tabs value={way} onChange={(value) => setWay((value ?? 'upload') as Way)} keepMounted={false}>
          <Tabs.List>
            {(['upload', 'path', 'postgres'] as const).map((each) => (
              <Tabs.Tab key={each} value={each}>
                {t(`sources.way.${each}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="upload" pt="md">
            <FileInput
              label={t('sources.file')}
              description={t('sources.fileText')}
              accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,.parquet"
              required
              clearable
              value={file}
              onChange={setFile}
            />
          </Tabs.Panel>
          <Tabs.Panel value="path" pt="md">
            <Stack>
              <TextInput
                label={t('sources.path')}
                description={t('sources.pathText')}
                required
                value={path}
                onChange={(event) => setPath(event.currentTarget.value)}
              />
              <Select
                label={t('sources.type')}
                data={[...fileTypes]}
                value={type}
                allowDeselect={false}
                onChange={(value) => setType(value ?? 'csv')}
              />
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="postgres" pt="md">
            <Stack>
              <TextInput
                label={t('sources.url')}
                description={t('sources.urlText')}
                placeholder="${SHOP_DATABASE}"
                required
                value={url}
                onChange={(event) => setUrl(event.currentTarget.value)}
              />
              <TextInput
                label={t('sources.table')}
                required
                value={table}
                onChange={(event) => setTable(event.currentTarget.value)}
              />
            </Stack>
          </Tabs.Panel>
        </Tabs>
        <TextInput
          label={t('sources.key')}
          description={t('sources.keyText')}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        {add.error === null ? null : <ProblemNote error={add.error} />}
        <Text size="sm" c="dimmed">
          {t('sources.readsLater')}
        </Text>
        <Group justify="flex-end">
          <Button
            type="submit"
            loading={add.isPending}
            disabled={!isId(id) || (way === 'upload' && file === null)}
          >
            {t('act.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/**
 * Sends the file as it is, and tells where it lies by now. It goes up before its source is saved, and the name may turn
 * out to be another source's: under a name of its own it takes the place of no file that is there.
 */
async function upload(source: string, file: File): Promise<string> {
  const [once = 0] = crypto.getRandomValues(new Uint32Array(1));
  const name = `${once.toString(36)}-${file.name.replaceAll(/[^\w.-]+/g, '_').slice(-100)}`;
  const answer = await fetch(`/api/v1/sources/${source}/files/${encodeURIComponent(name)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: file,
  }).catch(notReached);
  // A proxy that takes no file of this size answers with a page of its own.
  const body: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw problemFrom(answer.status, body);
  return (body as { path: string }).path;
}

function typeOf(name: string): (typeof fileTypes)[number] {
  if (/\.(jsonl|ndjson)$/i.test(name)) return 'jsonl';
  if (/\.json$/i.test(name)) return 'json';
  return /\.parquet$/i.test(name) ? 'parquet' : 'csv';
}
