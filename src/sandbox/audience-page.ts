import type { Account } from './account.ts';
import { summaryOf, tagNames } from './audience-state.ts';
import type { Audience } from './audience.ts';
import { html, Html } from './html.ts';
import { isMemberStatus, memberStatuses } from './member.ts';
import type { Member } from './member.ts';
import type { MergeField } from './merge-field.ts';
import { page } from './page-frame.ts';
import type { RequestRecord } from './request-log.ts';
import { isoTime } from './seconds.ts';

const pageSize = 25;
/** A search looks at so many members at most, so that a large audience does not hold up the API. */
const searchLimit = 200_000;

/** What the person who looks has chosen; lives in the address of the page. */
interface Choice {
  audience: string;
  status: string;
  tag: string;
  search: string;
  page: number;
}

/** `GET /`: the audiences, who is in them and what was asked of the API lately. */
export function audiencePage(account: Account, query: URLSearchParams): string {
  const first = account.audiences.values().next().value;
  const audience = account.audiences.get(query.get('audience') ?? '') ?? first;
  const choice: Choice = {
    audience: audience?.id ?? '',
    status: query.get('status') ?? '',
    tag: query.get('tag') ?? '',
    search: (query.get('search') ?? '').trim(),
    page: Math.max(1, Math.floor(Number(query.get('page') ?? 1)) || 1),
  };
  return page(
    audience?.name ?? 'No audience',
    html`<header>
        <h1>Mailchimp sandbox</h1>
        <p class="faint">A local stand-in: nothing here is ever mailed.</p>
      </header>
      <main>
        ${[...account.audiences.values()].length > 1 ? audienceChips(account, choice) : html``}
        ${audience === undefined ? empty : audienceCards(audience, choice)} ${requestCard(account)}
      </main>`,
  );
}

const empty = html`<section class="card">
  <h2>No audience yet</h2>
  <p class="faint">Create one with <code>POST /sandbox/create-audience</code>.</p>
</section>`;

function audienceChips(account: Account, choice: Choice): Html {
  const chips = [...account.audiences.values()].map(
    ({ id, name }) =>
      html`<a class="chip" href="?audience=${encodeURIComponent(id)}" ${current(id === choice.audience)}
        >${name}</a
      >`,
  );
  return html`<nav class="row card" aria-label="Audiences">${chips}</nav>`;
}

function audienceCards(audience: Audience, choice: Choice): Html {
  const summary = summaryOf(audience);
  const statuses = memberStatuses.map((status) => {
    const on = choice.status === status;
    return html`<a class="chip" href="${link(choice, { status: on ? '' : status, page: 1 })}" ${current(on)}>
      <span class="status ${status}">${status}</span> <b>${number(summary.counts[status])}</b></a
    >`;
  });
  const tags = Object.entries(summary.tags).map(([name, count]) => {
    const on = choice.tag === name;
    return html`<a class="chip" href="${link(choice, { tag: on ? '' : name, page: 1 })}" ${current(on)}
      >${name} <b>${number(count)}</b></a
    >`;
  });
  return html`<section class="card">
      <h2>${audience.name} <span class="faint">${audience.id}</span></h2>
      <div class="row">${statuses}</div>
      ${
        tags.length > 0
          ? html`<h2 style="margin-top: 1rem">Tags</h2>
              <div class="row">${tags}</div>`
          : html``
      }
    </section>
    ${memberCard(audience, choice)}`;
}

function memberCard(audience: Audience, choice: Choice): Html {
  const { members, total } = findMembers(audience, choice);
  const pages = Math.max(1, Math.ceil(total / pageSize));
  const fields = filledFields(audience, members);
  const rows = members.map((member) => memberRow(audience, member, fields));
  const go = (to: number, text: string) =>
    to < 1 || to > pages ? html`` : html`<a class="chip" href="${link(choice, { page: to })}">${text}</a>`;
  return html`<section class="card">
    <h2>Members <span class="faint">${number(total)}</span></h2>
    <form class="row">
      <input type="hidden" name="audience" value="${choice.audience}" />
      <input type="hidden" name="status" value="${choice.status}" />
      <input type="hidden" name="tag" value="${choice.tag}" />
      <input
        type="search"
        name="search"
        value="${choice.search}"
        placeholder="Part of an address or field"
        aria-label="Search members"
      />
      <button>Search</button>
    </form>
    <div class="scroll" tabindex="0" role="region" aria-label="Members">
      <table>
        <thead>
          <tr>
            <th>Address</th>
            <th>Status</th>
            <th>Tags</th>
            ${fields.map((field) => html`<th title="${field.name}">${field.tag}</th>`)}
            <th>Changed</th>
          </tr>
        </thead>
        <tbody>
          ${
            rows.length > 0
              ? rows
              : [
                  html`<tr>
                    <td class="faint" colspan="${fields.length + 4}">Nobody here.</td>
                  </tr>`,
                ]
          }
        </tbody>
      </table>
    </div>
    <nav class="row" aria-label="Pages">
      ${go(choice.page - 1, '← Newer')}
      <span class="faint">Page ${choice.page} of ${pages}</span> ${go(choice.page + 1, 'Older →')}
    </nav>
  </section>`;
}

/** The fields that anybody on this page has a value in; empty columns only take room. */
function filledFields(audience: Audience, members: readonly Member[]): MergeField[] {
  const isFilled = (field: MergeField) =>
    members.some((member) => (member.values[field.position] ?? '') !== '');
  return audience.fields.all().filter(isFilled);
}

function memberRow(audience: Audience, member: Member, fields: readonly MergeField[]): Html {
  const tags = tagNames(audience, member).map((name) => html`<span class="tag">${name}</span>`);
  const values = fields.map((field) => html`<td>${shownValue(member.values[field.position] ?? '')}</td>`);
  return html`<tr>
    <td>${member.address}</td>
    <td><span class="status ${member.status}">${member.status}</span></td>
    <td class="wide">${tags}</td>
    ${values}
    <td class="faint">${isoTime(member.changedAt).slice(0, 19).replace('T', ' ')}</td>
  </tr>`;
}

function requestCard(account: Account): Html {
  const rows = account.log.latest(15).map(requestRow);
  const { requests, writes, maxInFlight } = account.log.counters;
  return html`<section class="card">
    <h2>
      Recent requests
      <span class="faint"
        >${number(requests)} in all, ${number(writes)} writes, at most ${maxInFlight} at once</span
      >
    </h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Recent requests">
      <table>
        <thead>
          <tr>
            <th>Time</th>
            <th>Request</th>
            <th class="number">People</th>
            <th class="number">Answer</th>
            <th class="number">ms</th>
          </tr>
        </thead>
        <tbody>
          ${
            rows.length > 0
              ? rows
              : [
                  html`<tr>
                    <td class="faint" colspan="5">None yet.</td>
                  </tr>`,
                ]
          }
        </tbody>
      </table>
    </div>
  </section>`;
}

function requestRow(record: RequestRecord): Html {
  return html`<tr>
    <td class="faint">${record.at.slice(11, 19)}</td>
    <td><code>${record.method} ${record.path.slice(0, 120)}</code></td>
    <td class="number">${record.members === 0 ? '' : number(record.members)}</td>
    <td class="number">${record.status ?? record.outcome}</td>
    <td class="number">${record.ms ?? ''}</td>
  </tr>`;
}

function findMembers(audience: Audience, choice: Choice): { members: Member[]; total: number } {
  const statuses = isMemberStatus(choice.status) ? [choice.status] : memberStatuses;
  const offset = (choice.page - 1) * pageSize;
  const range = { statuses, direction: 'DESC' } as const;
  if (choice.tag === '' && choice.search === '')
    return audience.members.page({ ...range, offset, count: pageSize });
  const tag = choice.tag === '' ? undefined : (audience.tags.byName(choice.tag)?.id ?? -1);
  const search = choice.search.toLowerCase();
  const found = audience.members
    .page({ ...range, offset: 0, count: searchLimit })
    .members.filter((member) => (tag === undefined || member.tags.includes(tag)) && mentions(member, search));
  return { members: found.slice(offset, offset + pageSize), total: found.length };
}

function mentions(member: Member, search: string): boolean {
  if (search === '' || member.address.toLowerCase().includes(search)) return true;
  return member.values.some((value) => shownValue(value).toLowerCase().includes(search));
}

function shownValue(value: Member['values'][number]): string {
  return typeof value === 'object' ? Object.values(value).filter(Boolean).join(', ') : String(value);
}

function link(choice: Choice, change: Partial<Choice>): string {
  const entries = Object.entries({ ...choice, ...change }).filter(([, value]) => value !== '' && value !== 1);
  const query = new URLSearchParams(
    Object.fromEntries(entries.map(([name, value]) => [name, String(value)])),
  );
  return `?${query.toString()}`;
}

function current(on: boolean): Html {
  return on ? html`aria-current="true"` : html``;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
