import { Button, Menu, Stack, TagsInput, Text } from '@mantine/core';
import {
  IconChevronDown,
  IconDownload,
  IconPinned,
  IconPinnedOff,
  IconPower,
  IconRefresh,
  IconTag,
  IconTrash,
} from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Segment } from '../../api/answers.ts';
import { answerOf, api, fileAddress } from '../../api/client.ts';
import { useToSeveral } from '../../api/use-to-several.ts';
import { useMe } from '../../frame/session.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { saveFrom } from '../../parts/save-file.ts';
import { SelectionBar } from '../../parts/selection-bar.tsx';
import { ProblemNote } from '../../parts/states.tsx';

/** What can be done with several segments at once. */
export function ChosenSegments({ chosen, clear }: { chosen: readonly Segment[]; clear: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const [dialog, setDialog] = useState<'tags' | 'remove'>();
  const close = () => setDialog(undefined);
  const toAll = useToSeveral(chosen, 'segments', 'tasks');
  const act = useMutation({ mutationFn: toAll });
  const pathOf = ({ segment }: Segment) => ({ path: { id: segment } });
  const change = (body: { state?: 'active' | 'inactive'; type?: 'dynamic' }) => () =>
    act.mutate((each) => answerOf(api.PATCH('/api/v1/segments/{id}', { params: pathOf(each), body })));
  const icon = { size: 16, 'aria-hidden': true };
  return (
    <>
      <SelectionBar count={chosen.length} clear={clear}>
        {me.can('refresh.run') ? (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={14} aria-hidden />}
            loading={act.isPending}
            onClick={() =>
              act.mutate((each) =>
                answerOf(api.POST('/api/v1/segments/{id}/refresh', { params: pathOf(each) })),
              )
            }
          >
            {t('segments.refresh')}
          </Button>
        ) : null}
        {me.can('look.people') ? (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconDownload size={14} aria-hidden />}
            onClick={() => chosen.forEach(saveMembers)}
          >
            CSV
          </Button>
        ) : null}
        {me.can('segments.edit') ? (
          <Menu position="bottom-start">
            <Menu.Target>
              <Button size="xs" variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
                {t('exports.more')}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPower {...icon} />} onClick={change({ state: 'active' })}>
                {t('segments.activate')}
              </Menu.Item>
              <Menu.Item leftSection={<IconPower {...icon} />} onClick={change({ state: 'inactive' })}>
                {t('segments.deactivate')}
              </Menu.Item>
              <Menu.Item
                leftSection={<IconPinned {...icon} />}
                onClick={() =>
                  act.mutate((each) =>
                    answerOf(api.POST('/api/v1/segments/{id}/freeze', { params: pathOf(each) })),
                  )
                }
              >
                {t('segments.freeze')}
              </Menu.Item>
              <Menu.Item leftSection={<IconPinnedOff {...icon} />} onClick={change({ type: 'dynamic' })}>
                {t('segments.thaw')}
              </Menu.Item>
              <Menu.Item leftSection={<IconTag {...icon} />} onClick={() => setDialog('tags')}>
                {t('segments.editTags')}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item leftSection={<IconTrash {...icon} />} onClick={() => setDialog('remove')}>
                {t('exports.remove')}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ) : null}
      </SelectionBar>
      {act.error === null ? null : <ProblemNote error={act.error} />}
      {dialog === 'tags' ? <EditTags of={chosen} toAll={toAll} close={close} /> : null}
      {dialog === 'remove' ? (
        <Confirm
          title={t('segments.removeSeveral', { count: chosen.length })}
          text={
            <Stack gap="xs">
              {chosen.map(({ segment, name, usedBy }) => (
                <Text key={segment} size="sm">
                  {name}
                  {usedBy.exports.length + usedBy.segments.length === 0
                    ? ''
                    : ` – ${t('segments.removeUsed')} (${[...usedBy.exports, ...usedBy.segments].join(', ')})`}
                </Text>
              ))}
            </Stack>
          }
          action={t('exports.remove')}
          danger
          close={close}
          onConfirm={() =>
            toAll((each) => {
              const used = each.usedBy.exports.length + each.usedBy.segments.length > 0;
              const params = { ...pathOf(each), query: { force: String(used) } };
              return answerOf(api.DELETE('/api/v1/segments/{id}', { params }));
            })
          }
        />
      ) : null}
    </>
  );
}

/** Adds words to find segments by, or takes some away, and leaves their others as they are. */
function EditTags({
  of,
  toAll,
  close,
}: {
  of: readonly Segment[];
  toAll: (deed: (segment: Segment) => Promise<unknown>) => Promise<void>;
  close: () => void;
}) {
  const { t } = useTranslation();
  const known = [...new Set(of.flatMap(({ tags }) => tags))].toSorted();
  const common = known.filter((tag) => of.every(({ tags }) => tags.includes(tag)));
  const [tags, setTags] = useState(common);
  return (
    <Confirm
      title={t('segments.editTags')}
      text={
        <TagsInput
          label={t('segments.words')}
          description={t('segments.tagsOfAll')}
          data={known}
          value={tags}
          onChange={setTags}
          maxTags={20}
        />
      }
      action={t('act.save')}
      close={close}
      onConfirm={() =>
        toAll((each) => {
          const own = each.tags.filter((tag) => !common.includes(tag));
          const body = { tags: [...new Set([...own, ...tags])] };
          return answerOf(
            api.PATCH('/api/v1/segments/{id}', { params: { path: { id: each.segment } }, body }),
          );
        })
      }
    />
  );
}

function saveMembers({ segment }: Segment): void {
  saveFrom(fileAddress(`/segments/${encodeURIComponent(segment)}/members.csv`));
}
