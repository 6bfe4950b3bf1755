import { Badge, Button, Card, Code, Group, List, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { personQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { useWord } from '../../language/use-word.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { Asked, Empty } from '../../parts/states.tsx';
import { ForgetPerson } from './forget-person.tsx';

/** What the server tells of one person; see docs/person.md. */
export interface Person {
  customerId: string;
  firstSeen: string;
  fields: { name: string; value: string | number | boolean | null | string[] }[];
  addresses: string[];
  records: { source: string; key: string; file: string | null; line: number | null }[];
  links: {
    rule: string;
    source: string;
    key: string;
    withSource: string;
    withKey: string;
    similarity: number | null;
  }[];
  alternates: { attribute: string; value: string; source: string }[];
  previousIds: { was: string; since: string }[];
  segments: { segment: string; name: string; since: string | null; because: string[] }[];
  history: {
    audiences: {
      audience: string;
      status: string;
      since: string | null;
      reason: string | null;
      fields: Record<string, string>;
      tags: string[];
    }[];
    exports: { export: string; segments: string[]; created: boolean; at: string; leftAt: string | null }[];
    changes: {
      at: string;
      run: string;
      export: string;
      kind: string;
      name: string | null;
      before: string | null;
      after: string | null;
    }[];
    answers: {
      at: string;
      run: string;
      export: string;
      result: string;
      reason: string | null;
      detail: string | null;
    }[];
  };
}

/** Everything that is known of one person, and why. */
export function PersonPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/inside/data/customers/$id' });
  const query = useQuery(personQuery(id));
  return (
    <Asked query={query}>
      {(people) => {
        const [person] = people as unknown as Person[];
        return person === undefined ? (
          <Empty title={t('customers.nobody')} text={t('customers.nobodyText')} />
        ) : (
          <Shown person={person} />
        );
      }}
    </Asked>
  );
}

function Shown({ person }: { person: Person }) {
  const { t } = useTranslation();
  const format = useFormat();
  const word = useWord();
  const me = useMe();
  const [forgetting, setForgetting] = useState(false);
  const { history } = person;
  const title =
    person.fields
      .filter(({ name, value }) => /name/i.test(name) && typeof value === 'string')
      .map(({ value }) => String(value))
      .join(' ') ||
    (person.addresses[0] ?? person.customerId);
  return (
    <Stack gap="lg">
      <PageHead
        title={title}
        text={t('customers.since', { at: format.day(person.firstSeen) })}
        actions={
          <>
            <Button
              variant="default"
              leftSection={<IconDownload size={18} aria-hidden />}
              onClick={() => saveFile(`person-${person.customerId}.json`, person)}
            >
              {t('customers.save')}
            </Button>
            {me.can('people.forget') ? (
              <Button variant="default" onClick={() => setForgetting(true)}>
                {t('customers.forget')}
              </Button>
            ) : null}
          </>
        }
      />
      {forgetting ? <ForgetPerson person={person} close={() => setForgetting(false)} /> : null}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Section title={t('customers.profile')}>
          <Table>
            <Table.Tbody>
              {person.fields
                .filter(({ value }) => value !== null && value !== '')
                .map(({ name, value }) => (
                  <Table.Tr key={name}>
                    <Table.Th w="40%" fw={500}>
                      {name}
                    </Table.Th>
                    <Table.Td>{Array.isArray(value) ? value.join(', ') : String(value)}</Table.Td>
                  </Table.Tr>
                ))}
            </Table.Tbody>
          </Table>
        </Section>
        <Section title={t('customers.origin')}>
          <List size="sm" spacing={4}>
            {person.records.map(({ source, key, file, line }) => (
              <List.Item key={`${source} ${key}`}>
                {source}: {key}{' '}
                {file === null ? null : (
                  <Code>
                    {file}
                    {line === null ? '' : `:${line}`}
                  </Code>
                )}
              </List.Item>
            ))}
            {person.links.map((link) => (
              <List.Item key={`${link.rule} ${link.key} ${link.withKey}`}>
                {t('customers.joined', {
                  one: `${link.source} ${link.key}`,
                  other: `${link.withSource} ${link.withKey}`,
                  rule: link.rule,
                })}
                {link.similarity === null ? '' : ` (${format.percent(link.similarity)})`}
              </List.Item>
            ))}
            {person.alternates.map(({ attribute, value, source }) => (
              <List.Item key={`${attribute} ${source} ${value}`}>
                {t('customers.alternate', { attribute, value, source })}
              </List.Item>
            ))}
          </List>
        </Section>
        <Section title={t('frame.segments')}>
          {person.segments.length === 0 ? (
            <Text c="dimmed">{t('customers.noSegments')}</Text>
          ) : (
            <List size="sm" spacing={6}>
              {person.segments.map(({ segment, name, since, because }) => (
                <List.Item key={segment}>
                  <Text span fw={600} size="sm">
                    {name}
                  </Text>{' '}
                  {since === null ? '' : t('customers.inSince', { at: format.day(since) })}
                  {because.length === 0 ? null : (
                    <Text size="sm" c="dimmed">
                      {because.join('; ')}
                    </Text>
                  )}
                </List.Item>
              ))}
            </List>
          )}
        </Section>
        <Section title="Mailchimp">
          {history.audiences.length === 0 ? (
            <Text c="dimmed">{t('customers.inNoAudience')}</Text>
          ) : (
            history.audiences.map(({ audience, status, since, reason, tags }) => (
              <Stack key={audience} gap={4}>
                <Group gap="xs">
                  <Code>{audience}</Code>
                  <Text size="sm">
                    {word(`member.${status}`, status)}
                    {since === null ? '' : ` ${t('customers.inSince', { at: format.moment(since) })}`}
                  </Text>
                </Group>
                {reason === null ? null : <Text size="sm">{reason}</Text>}
                {status === 'unsubscribed' ? (
                  <Text size="sm" c="dimmed">
                    {t('customers.leftAlone')}
                  </Text>
                ) : null}
                <Group gap={4}>
                  {tags.map((tag) => (
                    <Badge key={tag} variant="default" tt="none">
                      {tag}
                    </Badge>
                  ))}
                </Group>
              </Stack>
            ))
          )}
        </Section>
      </SimpleGrid>
      <Section title={t('customers.sent')}>
        {history.changes.length + history.answers.length === 0 ? (
          <Text c="dimmed">{t('customers.nothingSent')}</Text>
        ) : (
          <Table.ScrollContainer minWidth={560}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('runs.when')}</Table.Th>
                  <Table.Th>{t('frame.exports')}</Table.Th>
                  <Table.Th>{t('customers.what')}</Table.Th>
                  <Table.Th>{t('customers.beforeAfter')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {history.answers.map((answer) => (
                  <Table.Tr key={`answer ${answer.at} ${answer.run}`}>
                    <Table.Td>{format.moment(answer.at)}</Table.Td>
                    <Table.Td>{answer.export}</Table.Td>
                    <Table.Td>{word(`result.${answer.result}`, answer.result)}</Table.Td>
                    <Table.Td>
                      {answer.reason === null ? '' : word(`reason.${answer.reason}`, answer.reason)}{' '}
                      {answer.detail}
                    </Table.Td>
                  </Table.Tr>
                ))}
                {history.changes.map((change, index) => (
                  <Table.Tr key={`change ${index} ${change.at} ${change.kind} ${change.name ?? ''}`}>
                    <Table.Td>{format.moment(change.at)}</Table.Td>
                    <Table.Td>{change.export}</Table.Td>
                    <Table.Td>
                      {word(`change.${change.kind}`, change.kind)} {change.name}
                    </Table.Td>
                    <Table.Td>
                      {change.before === null && change.after === null
                        ? ''
                        : `${change.before ?? ''} → ${change.after ?? ''}`}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Section>
    </Stack>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {title}
      </Title>
      {children}
    </Card>
  );
}
