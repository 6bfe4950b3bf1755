import {
  Alert,
  Badge,
  Button,
  Card,
  Checkbox,
  Group,
  List,
  PasswordInput,
  Radio,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { IconBrandMailgun, IconKey } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { connectionsQuery, consentTextQuery, loginQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { useWord } from '../../language/use-word.ts';
import { idFor, isId } from '../../parts/id-for.ts';
import { IdInput } from '../../parts/id-input.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty, ProblemNote } from '../../parts/states.tsx';
import { SignInAgain } from '../../parts/sign-in-again.tsx';
import { forgetForm, keepForm, keptBefore, type ConnectionForm as Form, type KeptForm } from './kept-form.ts';

export function AddConnectionPage() {
  const { t } = useTranslation();
  const me = useMe();
  const { signIn, error } = useSearch({ from: '/inside/admin/connections/new' });
  if (!me.can('connections.edit')) {
    return <Empty title={t('connections.add')} text={t('states.notPermittedText')} />;
  }
  const back = signIn !== undefined || error !== undefined;
  return <ConnectionForm title={t('connections.add')} back={back} signIn={signIn} refused={error} />;
}

export function EditConnectionPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/inside/admin/connections/$id' });
  const { connected, error } = useSearch({ from: '/inside/admin/connections/$id' });
  const query = useQuery({
    queryKey: ['connections', id],
    queryFn: () => answerOf(api.GET('/api/v1/connections/{id}', { params: { path: { id } } })),
  });
  return (
    <Asked query={query}>
      {(connection) => (
        <Stack gap="lg">
          <ConnectionForm
            key={connection.etag}
            title={t('connections.editTitle', { name: connection.name })}
            before={connection}
            back={connected !== undefined || error !== undefined}
            refused={error}
          />
        </Stack>
      )}
    </Asked>
  );
}

function ConnectionForm({
  title,
  before,
  back,
  signIn,
  refused,
}: {
  title: string;
  before?: Connection;
  /** Whether the browser comes back from Mailchimp: what was filled in before is there again. */
  back: boolean;
  /** A sign-in with Mailchimp that went well. */
  signIn?: string | undefined;
  /** Why one did not. */
  refused?: string | undefined;
}) {
  const { t, i18n } = useTranslation();
  const word = useWord();
  const navigate = useNavigate();
  const client = useQueryClient();
  const me = useMe();
  const kept = useRef(back ? keptBefore() : undefined).current;
  const mine = kept?.connection === before?.id ? kept : undefined;
  const [form, setForm] = useState<Form>(() => beginning(before, mine?.form));
  const change = (part: Partial<Form>) => setForm((now) => ({ ...now, ...part }));
  const [way, setWay] = useState<'oauth' | 'apiKey'>(
    before?.connectedBy === 'apiKey' || before?.connectedBy === 'reference' ? 'apiKey' : 'oauth',
  );
  const [apiKey, setApiKey] = useState('');
  const [chosenId, setChosenId] = useState(mine?.id);
  const [proving, setProving] = useState(false);
  const id = before?.id ?? chosenId ?? idFor(form.name);
  const others = useQuery(connectionsQuery).data ?? [];
  const taken = others.some(
    (each) => each.id !== before?.id && each.name.trim().toLowerCase() === form.name.trim().toLowerCase(),
  );

  const atMailchimp = useMutation({
    mutationFn: async () => {
      const keeping: KeptForm =
        before === undefined ? { id: chosenId, form } : { connection: before.id, form };
      keepForm(keeping);
      const body = before === undefined ? {} : { connection: before.id };
      const { url } = await answerOf(api.POST('/api/v1/mailchimp/sign-in', { body }));
      window.location.assign(url);
    },
  });
  const save = useMutation({
    mutationFn: (consent: string | undefined) =>
      answerOf(
        api.PUT('/api/v1/connections/{id}', {
          params: { path: { id } },
          body: {
            name: form.name.trim(),
            type: 'mailchimp',
            sharedWith: form.contributors ? ['administrators', 'contributors'] : ['administrators'],
            ...(consent === undefined ? {} : { consent: { agree: form.agreed, text: consent } }),
            ...(way === 'apiKey' && apiKey !== '' ? { apiKey } : {}),
            ...(way === 'oauth' && signIn !== undefined ? { signIn } : {}),
            ...(form.exportUser ? { exportUser: true } : {}),
          },
          headers: before === undefined ? { 'if-none-match': '*' } : { 'if-match': before.etag },
        }),
      ),
    onSuccess: async () => {
      forgetForm();
      await client.invalidateQueries({ queryKey: ['connections'] });
      await navigate({ to: '/admin/connections' });
    },
    onError: (error) => {
      // To send in one's own name one proves again who one is.
      if (problemOf(error).code === 'reauthentication_needed') setProving(true);
    },
  });
  const text = useQuery(consentTextQuery(i18n.language === 'ro' ? 'ro' : 'en'));
  const consent = before === undefined ? text.data?.version : undefined;
  // The way that is chosen, and not another one that is there as well.
  const hasWay =
    way === 'oauth'
      ? signIn !== undefined || before?.connectedBy === 'oauth'
      : apiKey !== '' || before?.connectedBy === 'apiKey' || before?.connectedBy === 'reference';
  const ready =
    form.name.trim() !== '' &&
    (before !== undefined || isId(id)) &&
    !taken &&
    hasWay &&
    (before !== undefined || (form.agreed && consent !== undefined));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(consent);
  };
  return (
    <form onSubmit={submit}>
      <PageHead title={title} text={t('connections.formAbout')} />
      <Stack gap="lg" maw={820}>
        <Section title={t('connections.type')}>
          <Badge size="lg" variant="default" tt="none">
            Mailchimp
          </Badge>
          <TextInput
            label={t('connections.name')}
            description={t('connections.nameAdvice')}
            required
            value={form.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
            error={taken ? t('connections.nameTaken') : undefined}
          />
          {before === undefined ? <IdInput id={id} onChange={setChosenId} /> : null}
          <Radio.Group
            label={t('connections.whoMayUse')}
            value={form.contributors ? 'both' : 'admins'}
            onChange={(value) => change({ contributors: value === 'both' })}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="admins" label={t('connections.admins')} />
              <Radio value="both" label={t('connections.both')} />
            </Stack>
          </Radio.Group>
        </Section>

        <Section title={t('connections.privacy')}>
          {before === undefined ? (
            <Asked query={text} lines={3}>
              {({ points }) => (
                <List size="sm" spacing="xs">
                  {points.map((point) => (
                    <List.Item key={point}>{point}</List.Item>
                  ))}
                </List>
              )}
            </Asked>
          ) : (
            <Agreed connection={before} />
          )}
          {before === undefined ? (
            <Checkbox
              label={t('connections.agree')}
              checked={form.agreed}
              onChange={(event) => change({ agreed: event.currentTarget.checked })}
            />
          ) : null}
        </Section>

        <Section title={t('connections.connect')}>
          <Connected before={before} signedIn={signIn !== undefined} />
          {refused === undefined ? null : (
            <Alert color="red" role="alert" title={t('connections.refused')}>
              {word(`connections.errors.${refused}`, refused)}
            </Alert>
          )}
          <Radio.Group value={way} onChange={(value) => setWay(value)} label={t('connections.way')}>
            <Stack gap="xs" mt="xs">
              <Radio value="oauth" label={t('connections.ways.oauth')} />
              <Radio value="apiKey" label={t('connections.ways.apiKey')} />
            </Stack>
          </Radio.Group>
          {way === 'oauth' ? (
            <Group>
              <Button
                variant="default"
                leftSection={<IconBrandMailgun size={18} aria-hidden />}
                loading={atMailchimp.isPending}
                onClick={() => atMailchimp.mutate()}
              >
                {t('connections.authenticate')}
              </Button>
            </Group>
          ) : (
            <PasswordInput
              label={t('connections.apiKey')}
              description={t(
                before?.connectedBy == null ? 'connections.apiKeyText' : 'connections.apiKeyKept',
              )}
              leftSection={<IconKey size={16} aria-hidden />}
              autoComplete="off"
              value={apiKey}
              onChange={(event) => setApiKey(event.currentTarget.value)}
              visibilityToggleButtonProps={{ 'aria-label': t('door.show') }}
            />
          )}
          {atMailchimp.error === null ? null : <ProblemNote error={atMailchimp.error} />}
        </Section>

        <Section title={t('connections.exportUser')}>
          <Text size="sm">
            {before?.exportUser == null
              ? t('connections.noExportUser')
              : t('connections.exportUserIs', { user: before.exportUser })}
          </Text>
          <Checkbox
            label={t('connections.addYourself')}
            description={t('connections.addYourselfText', { user: me.email })}
            checked={form.exportUser}
            onChange={(event) => change({ exportUser: event.currentTarget.checked })}
          />
        </Section>

        {save.error === null || proving ? null : <ProblemNote error={save.error} />}
        {proving ? (
          <SignInAgain
            close={() => setProving(false)}
            done={() => {
              setProving(false);
              save.mutate(consent);
            }}
          />
        ) : null}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!ready}>
            {t('act.save')}
          </Button>
          <Button component={Link} to="/admin/connections" variant="default">
            {t('act.back')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function beginning(before: Connection | undefined, kept: Form | undefined): Form {
  const stored = {
    name: before?.name ?? '',
    contributors: before?.sharedWith.includes('contributors') ?? false,
    exportUser: false,
  };
  return { ...stored, agreed: false, ...kept };
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder component="section">
      <Title order={2} mb="sm">
        {title}
      </Title>
      <Stack>{children}</Stack>
    </Card>
  );
}

/** Who agreed, when, to which text; the text stays readable. */
function Agreed({ connection: { consent } }: { connection: Connection }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const language = i18n.language === 'ro' ? 'ro' : 'en';
  const text = useQuery({
    queryKey: ['consent text', language, consent.text],
    queryFn: () =>
      answerOf(api.GET('/api/v1/consent-text', { params: { query: { language, version: consent.text } } })),
    enabled: open,
  });
  return (
    <Stack gap="xs">
      <Text size="sm">
        {t('exports.consentBy', { by: consent.agreedBy, at: format.day(consent.date), text: consent.text })}
      </Text>
      {open ? (
        <Asked query={text} lines={3}>
          {({ points }) => (
            <List size="sm" spacing="xs">
              {points.map((point) => (
                <List.Item key={point}>{point}</List.Item>
              ))}
            </List>
          )}
        </Asked>
      ) : (
        <Group>
          <Button variant="subtle" size="xs" onClick={() => setOpen(true)}>
            {t('connections.readText')}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/** Not connected, connected as whom, or why not. */
function Connected({ before, signedIn }: { before: Connection | undefined; signedIn: boolean }) {
  const { t } = useTranslation();
  const [looking, setLooking] = useState(false);
  const login = useQuery({ ...loginQuery(before?.id ?? ''), enabled: looking && before !== undefined });
  useEffect(() => setLooking(before?.connectedBy != null), [before?.connectedBy]);
  if (signedIn) return <Text role="status">✓ {t('connections.signedIn')}</Text>;
  if (before?.connectedBy == null) return <Text c="dimmed">{t('connections.notConnected')}</Text>;
  return (
    <Asked query={login} lines={1}>
      {({ account, login: name, role }) => (
        <Text role="status">
          ✓ {t('connections.connectedAs', { account: account.name, login: name ?? '–', role })}
        </Text>
      )}
    </Asked>
  );
}
