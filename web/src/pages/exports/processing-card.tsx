import { Card, List, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../../api/client.ts';
import { useFormat } from '../../language/format.ts';
import { Asked } from '../../parts/states.tsx';

/** Which data of people go out, on whose word: what a privacy officer asks. */
export function ProcessingCard({ id }: { id: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useQuery({
    queryKey: ['exports', id, 'processing'],
    queryFn: () => answerOf(api.GET('/api/v1/exports/{id}/processing', { params: { path: { id } } })),
  });
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t('exports.processing')}
      </Title>
      <Asked query={query} lines={2}>
        {({ fields, consent }) => (
          <>
            <Text size="sm" mb="xs">
              {consent === null
                ? t('exports.noConsent')
                : t('exports.consentBy', {
                    by: consent.agreedBy,
                    at: format.day(consent.date),
                    text: consent.text,
                  })}
            </Text>
            <List size="sm">
              {fields.map(({ field, attribute, sensitive }) => (
                <List.Item key={`${field} ${attribute}`}>
                  {field} ← {attribute} {sensitive ? `(${t('exports.sensitive')})` : ''}
                </List.Item>
              ))}
            </List>
          </>
        )}
      </Asked>
    </Card>
  );
}
