import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audience } from '../support/newsletter-workspace.ts';
import { hasBrowser, openBrowser, openPage } from './browser.ts';
import { owner, PageServer, workspace } from './page-server.ts';

/** The words of the seed's page, in both of its languages. */
const words = {
  en: {
    connections: 'Connections',
    addConnection: 'Add connection',
    displayName: 'Display name',
    whoMayUse: 'Choose who can use this connection',
    administrators: 'Administrators',
    both: 'Administrators and contributors',
    privacy: 'Data privacy and compliance',
    agree: 'I agree',
    connect: 'Connect',
    authenticate: 'Authenticate with Mailchimp',
    signedIn: 'Signed in with Mailchimp',
    addYourself: 'Add yourself as export user',
    save: 'Save',
    exports: 'Exports',
    addDestination: 'Add destination',
    connectionFor: 'Connection for export',
    audienceId: 'Mailchimp audience ID',
    matching: 'Data matching',
    email: 'Email',
    addAttribute: 'Add attribute',
    firstName: 'First name',
    lastName: 'Last name',
    from: 'Filled from',
    segments: 'Segments to export',
    total: '148 people in all, of 1,000,000 at most',
    notRun: 'Not run yet',
    plan: 'Make a plan',
    apply: 'Run this plan',
    successful: 'Successful',
    unknownAudience: 'has no audience with this ID',
  },
  ro: {
    connections: 'Conexiuni',
    addConnection: 'Adăugați conexiune',
    displayName: 'Nume afișat',
    whoMayUse: 'Alegeți cine poate utiliza această conexiune',
    administrators: 'Administratori',
    both: 'Administratori și colaboratori',
    privacy: 'Confidențialitatea și conformitatea datelor',
    agree: 'Sunt de acord',
    connect: 'Conectați',
    authenticate: 'Autentificare cu Mailchimp',
    signedIn: 'Autentificat cu Mailchimp',
    addYourself: 'Adăugați-vă ca utilizator de export',
    save: 'Salvare',
    exports: 'Exporturi',
    addDestination: 'Adăugare destinație',
    connectionFor: 'Conexiune pentru export',
    audienceId: 'ID-ul audienței Mailchimp',
    matching: 'Potrivirea datelor',
    email: 'E-mail',
    addAttribute: 'Adăugare atribut',
    firstName: 'Prenume',
    lastName: 'Nume de familie',
    from: 'Completat din',
    segments: 'Segmente de exportat',
    total: '148 de persoane în total, din cel mult 1.000.000',
    notRun: 'Încă nerulat',
    plan: 'Faceți un plan',
    apply: 'Rulați acest plan',
    successful: 'Reușit',
    unknownAudience: 'nu are o audiență cu acest ID',
  },
} as const;

describe.skipIf(!hasBrowser).each(['en', 'ro'] as const)(
  'the seed’s page in %s',
  { timeout: 120_000 },
  (language) => {
    const t = words[language];
    let server: PageServer;
    let browser: Browser;
    let page: Page;
    let troubles: string[];

    beforeAll(async () => {
      server = await PageServer.open(workspace);
      browser = await openBrowser();
      ({ page, troubles } = await openPage(browser, { language }));
      await server.speak(language);
      await server.signIn(page);
    });
    afterAll(async () => {
      await browser.close();
      await server.close();
    });

    const nav = (name: string) => page.locator('nav').getByRole('link', { name, exact: true });
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const choose = async (label: string, option: string | RegExp) => {
      await page.getByRole('combobox', { name: label }).last().click();
      await page.getByRole('option', { name: option }).first().click();
    };

    test('an administrator sets up a connection', async () => {
      await nav(t.connections).click();
      await page.getByRole('link', { name: t.addConnection }).first().click();
      await page.getByText(t.whoMayUse).waitFor();
      expect(await page.getByRole('radio', { name: t.administrators, exact: true }).isChecked()).toBe(true);
      await page.getByRole('radio', { name: t.both }).check();
      await page.getByRole('textbox', { name: t.displayName }).fill('Buletin, contul magazinului');

      await page.getByRole('heading', { name: t.privacy }).waitFor();
      // Without a way in and without the consent it cannot be saved.
      expect(await button(t.save).isDisabled()).toBe(true);
      await page.getByRole('checkbox', { name: t.agree }).check();
      expect(await button(t.save).isDisabled()).toBe(true);

      await page.getByRole('heading', { name: t.connect, exact: true }).waitFor();
      await button(t.authenticate).click();
      // At Mailchimp, and back with everything that was filled in.
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.getByText(t.signedIn).first().waitFor();
      expect(await page.getByRole('textbox', { name: t.displayName }).inputValue()).toBe(
        'Buletin, contul magazinului',
      );
      expect(await page.getByRole('radio', { name: t.both }).isChecked()).toBe(true);
      expect(await page.getByRole('checkbox', { name: t.agree }).isChecked()).toBe(true);

      await page.getByRole('checkbox', { name: t.addYourself }).check();
      await button(t.save).click();
      const row = page.getByRole('row', { name: /Buletin, contul magazinului/ });
      await row.waitFor();
      expect(await row.textContent()).toContain(owner.email);
      const [connection] = await server.app.connections();
      expect(connection).toMatchObject({
        sharedWith: ['administrators', 'contributors'],
        exportUser: owner.email,
        connectedBy: 'oauth',
        consent: { agreedBy: owner.email },
      });
    });

    test('an audience that the account does not have is told at the field', async () => {
      await nav(t.exports).click();
      await page.getByRole('link', { name: t.addDestination }).first().click();
      await page.getByRole('textbox', { name: t.displayName }).fill('Buletin');
      await page.getByRole('combobox', { name: t.audienceId }).fill('ffffffffff');
      await page.getByText(t.unknownAudience).waitFor();
      expect(await page.getByRole('combobox', { name: t.audienceId }).getAttribute('aria-invalid')).toBe(
        'true',
      );
    });

    test('somebody adds a destination, and saving sends nothing', async () => {
      server.sandbox.control.resetCounters({});
      await page.getByRole('combobox', { name: t.audienceId }).fill(audience);
      await page.getByText('✓ Shop').waitFor();
      expect(await page.getByRole('combobox', { name: t.connectionFor }).inputValue()).toBe(
        'Buletin, contul magazinului',
      );
      await page.getByRole('heading', { name: t.matching }).waitFor();
      // Proposed, because it holds addresses.
      expect(await page.getByRole('combobox', { name: t.email, exact: false }).inputValue()).toBe('email');
      for (const field of [t.firstName, t.lastName]) {
        await button(t.addAttribute).click();
        const fields = page.getByRole('combobox', { name: /Mailchimp/ });
        expect(await fields.last().inputValue()).toContain(field);
      }
      const sources = page.getByRole('combobox', { name: t.from });
      expect(await sources.first().inputValue()).toBe('first_name');
      expect(await sources.last().inputValue()).toBe('last_name');

      await choose(t.segments, /Romanian customers/);
      await page
        .getByRole('option', { name: /Big spenders/ })
        .first()
        .click();
      await page.keyboard.press('Escape');
      await page.getByText(t.total).waitFor();
      await button(t.save).click();
      await page.getByText(t.notRun).first().waitFor();
      expect(server.sandbox.control.counters({}).writes).toBe(0);
      const [saved] = await server.app.exports();
      expect(saved).toMatchObject({ name: 'Buletin', audience, segments: ['romania', 'big-spenders'] });
    });

    test('looks at the plan, runs it, and the audience has the people of the segments', async () => {
      await button(t.plan).click();
      await button(t.apply).waitFor();
      expect(server.sandbox.control.counters({}).writes).toBe(0);
      await page.getByText('person100@shop.test').first().waitFor();
      await button(t.apply).click();
      await page.getByText(t.successful).first().waitFor();
      const { members } = server.sandbox.control.audienceState({
        audience,
        tag: 'Big spenders',
        count: 1000,
      });
      // A hundred spent that much, and two of them have an address that is none.
      expect(members.length).toBe(98);
      expect(server.sandbox.control.counters({}).writes).toBeGreaterThan(0);
      expect(troubles).toEqual([]);
    });
  },
);
