import { html } from './html.ts';
import { page } from './page-frame.ts';

/** Asks the person whether the app may use the account; posts back to itself. */
export function consentPage(clientId: string, redirectUri: string, state: string): string {
  return page(
    'Allow access?',
    html`<main class="narrow card">
      <h1>Allow access?</h1>
      <p><strong>${clientId}</strong> asks to manage the audiences of the sandbox account.</p>
      <form method="post" action="/oauth2/authorize">
        <input type="hidden" name="response_type" value="code" />
        <input type="hidden" name="client_id" value="${clientId}" />
        <input type="hidden" name="redirect_uri" value="${redirectUri}" />
        <input type="hidden" name="state" value="${state}" />
        <p class="row">
          <button name="decision" value="allow">Allow</button>
          <button name="decision" value="cancel" class="quiet">Cancel</button>
        </p>
      </form>
      <p class="faint">You will go back to ${new URL(redirectUri).host}.</p>
    </main>`,
  );
}

export function refusalPage(reason: string): string {
  return page(
    'This did not work',
    html`<main class="narrow card">
      <h1>This did not work</h1>
      <p>${reason}</p>
    </main>`,
  );
}
