import { Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ListedExport } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { useToSeveral } from '../../api/use-to-several.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { isId } from '../../parts/id-for.ts';

interface Dialog {
  of: ListedExport;
  close: () => void;
}

/** Ends an export for good: what goes on stops, and the contacts stay, or lose our tags. */
export function RemoveExport({ of: { id, name, connection }, close }: Dialog) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [withdraw, setWithdraw] = useState(false);
  return (
    <Confirm
      title={t('exports.removeTitle', { name })}
      text={
        <Stack>
          <Text>{t('exports.removeText')}</Text>
          {connection === null ? null : (
            <Checkbox
              label={t('exports.removeTags')}
              checked={withdraw}
              onChange={(event) => setWithdraw(event.currentTarget.checked)}
            />
          )}
        </Stack>
      }
      action={t('exports.remove')}
      danger
      close={close}
      onConfirm={async () => {
        const query = { withdrawTags: String(withdraw) };
        await answerOf(api.DELETE('/api/v1/exports/{id}', { params: { path: { id }, query } }));
        await navigate({ to: '/data/exports' });
        await client.invalidateQueries({ queryKey: ['exports'] });
      }}
    />
  );
}

/** Takes the connection away from one or several; all the rest stays as it is. */
export function DetachExports({ of, close }: { of: readonly ListedExport[]; close: () => void }) {
  const { t } = useTranslation();
  const toAll = useToSeveral(of, 'exports');
  return (
    <Confirm
      title={t('exports.detachTitle', { name: of.map(({ name }) => name).join('”, “') })}
      text={<Text>{t('exports.detachText')}</Text>}
      action={t('exports.detach')}
      close={close}
      onConfirm={() =>
        toAll(({ id }) => answerOf(api.POST('/api/v1/exports/{id}/detach', { params: { path: { id } } })))
      }
    />
  );
}

/** A second one with the same choices and no connection; it is edited next. */
export function DuplicateExport({ of: { id, name }, close }: Dialog) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [as, setAs] = useState(`${id}-copy`);
  return (
    <Confirm
      title={t('exports.duplicateTitle', { name })}
      text={
        <Stack>
          <Text>{t('exports.duplicateText')}</Text>
          <TextInput
            label={t('exports.newId')}
            description={t('exports.idAdvice')}
            value={as}
            onChange={(event) => setAs(event.currentTarget.value)}
            data-autofocus
          />
        </Stack>
      }
      action={t('exports.duplicate')}
      ready={isId(as)}
      close={close}
      onConfirm={async () => {
        await answerOf(
          api.POST('/api/v1/exports/{id}/duplicate', { params: { path: { id } }, body: { as } }),
        );
        await client.invalidateQueries({ queryKey: ['exports'] });
        // It has no connection yet: what makes it another export is said next.
        await navigate({ to: '/data/exports/$id/edit', params: { id: as } });
      }}
    />
  );
}
