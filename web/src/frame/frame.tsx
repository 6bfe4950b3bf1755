import {
  ActionIcon,
  Anchor,
  AppShell,
  Box,
  Burger,
  Group,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconAddressBook,
  IconDatabase,
  IconHistory,
  IconHome,
  IconKey,
  IconLogout,
  IconMoonStars,
  IconPlugConnected,
  IconSend,
  IconSettings,
  IconSun,
  IconUserCircle,
  IconUsers,
  IconUsersGroup,
  IconVersions,
  type Icon,
} from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../api/client.ts';
import { meQuery } from '../api/queries.ts';
import { speak, type Language } from '../language/languages.ts';
import print from '../parts/print.module.css';
import { Waiting } from '../parts/states.tsx';
import classes from './frame.module.css';
import { SampleNote } from './sample-note.tsx';
import { useMe, useSignOut } from './session.ts';

/** What stands around every page of somebody who is signed in. */
export function Frame() {
  const { t } = useTranslation();
  const me = useMe();
  const [opened, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    void speak(me.language);
  }, [me.language]);
  useEffect(() => {
    close();
    // Whoever goes by ear or keyboard begins at the top of the new page.
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [path, close]);

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="lg"
    >
      <AppShell.Header className={print.noPrint}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t('frame.menu')}
              aria-expanded={opened}
            />
            <Anchor href="#main" className={classes.skip}>
              {t('frame.skip')}
            </Anchor>
            <Link to="/" className={classes.brand}>
              <Mark />
              Postrider
            </Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SchemeButton />
            <PersonMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" className={print.noPrint} aria-label={t('frame.pages')}>
        <ScrollArea type="auto">
          <div>
            <Place to="/" icon={IconHome} label={t('frame.home')} path={path} />
            <Part label={t('frame.data')} />
            <Place to="/data/sources" icon={IconDatabase} label={t('frame.sources')} path={path} />
            <Place to="/data/unify" icon={IconVersions} label={t('frame.unify')} path={path} />
            {me.can('look.people') ? (
              <Place to="/data/customers" icon={IconAddressBook} label={t('frame.customers')} path={path} />
            ) : null}
            <Place to="/segments" icon={IconUsersGroup} label={t('frame.segments')} path={path} />
            <Place to="/data/exports" icon={IconSend} label={t('frame.exports')} path={path} />
            <Part label={t('frame.admin')} />
            {me.can('connections.edit') ? (
              <Place
                to="/admin/connections"
                icon={IconPlugConnected}
                label={t('frame.connections')}
                path={path}
              />
            ) : null}
            <Place to="/admin/system" icon={IconSettings} label={t('frame.system')} path={path} />
            {me.can('users.edit') ? (
              <Place to="/admin/users" icon={IconUsers} label={t('frame.users')} path={path} />
            ) : null}
            <Place to="/admin/tokens" icon={IconKey} label={t('frame.tokens')} path={path} />
            {me.can('audit.read') ? (
              <Place to="/admin/audit" icon={IconHistory} label={t('frame.audit')} path={path} />
            ) : null}
          </div>
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} className={classes.main}>
        <Box maw={1400} mx="auto">
          <SampleNote />
          <Suspense fallback={<Waiting />}>
            <Outlet />
          </Suspense>
        </Box>
      </AppShell.Main>
    </AppShell>
  );
}

function Place({ to, icon: Icon, label, path }: { to: string; icon: Icon; label: string; path: string }) {
  const here = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`);
  return (
    <NavLink
      component={Link}
      to={to}
      label={label}
      leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
      active={here}
      {...(here ? { 'aria-current': 'page' as const } : {})}
      className={classes.place}
    />
  );
}

function Part({ label }: { label: string }) {
  return (
    <Text size="xs" fw={650} c="dimmed" px="sm" mt="md" mb={4} tt="uppercase">
      {label}
    </Text>
  );
}

/** The postman's horn, as much of it as fits. */
export function Mark() {
  return (
    <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="7" fill="#0b7285" />
      <path d="M6 10h12a6 6 0 0 1 0 12h-5v-4h5a2 2 0 0 0 0-4H6z" fill="#fff" />
      <path d="M6 16h6v2H6zM8 20h4v2H8z" fill="#99e9f2" />
    </svg>
  );
}

export function SchemeButton() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark =
    colorScheme === 'dark' ||
    (colorScheme === 'auto' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  const label = dark ? t('frame.light') : t('frame.dark');
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(dark ? 'light' : 'dark')}
    >
      {dark ? <IconSun size={18} aria-hidden /> : <IconMoonStars size={18} aria-hidden />}
    </ActionIcon>
  );
}

function PersonMenu() {
  const { t } = useTranslation();
  const me = useMe();
  const signOut = useSignOut();
  const client = useQueryClient();
  const choose = async (language: Language) => {
    await answerOf(api.PATCH('/api/v1/me', { body: { language }, headers: { 'if-match': me.etag } }));
    await speak(language);
    await client.invalidateQueries({ queryKey: meQuery.queryKey });
  };
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('frame.you')}>
          <IconUserCircle size={22} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.email}
          <br />
          {t(`role.${me.role}`)}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>{t('frame.language')}</Menu.Label>
        {(['en', 'ro'] as const).map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            onClick={() => void choose(language)}
            rightSection={me.language === language ? '✓' : null}
          >
            {language === 'en' ? 'English' : 'Română'}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          {t('frame.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
