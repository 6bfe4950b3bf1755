import { html, Html } from './html.ts';

/** A whole document around `body`: one inline style sheet, light and dark, nothing fetched from anywhere. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Mailchimp sandbox</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html> `.markup;
}

const style = new Html(`
:root { color-scheme: light dark;
  --ground: #f6f4ef; --card: #fffdf8; --ink: #26231c; --faint: #6d6759; --line: #e4dfd2; --accent: #8a5a00; --wash: #fbe8b8; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #191814; --card: #23211b; --ink: #efeadd; --faint: #a69f8e; --line: #3a362c; --accent: #f2c14e; --wash: #4a3b12; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header, main { max-width: 72rem; margin: 0 auto; padding: 1.25rem 1rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
header { padding-bottom: 0; }
header p { margin: 0; }
form.row { margin-bottom: .5rem; }
h1 { font-size: 1.35rem; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 1rem; margin: 0 0 .75rem; }
a { color: var(--accent); text-underline-offset: .2em; }
a:focus-visible, button:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.faint { color: var(--faint); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem; margin-bottom: 1rem; }
.narrow { max-width: 28rem; margin: 12vh auto; padding: 1.5rem; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
.chip { display: inline-flex; gap: .4rem; padding: .1rem .6rem; border: 1px solid var(--line); border-radius: 1rem; color: inherit;
  text-decoration: none; white-space: nowrap; font-size: .85rem; }
a.chip:hover { border-color: var(--accent); }
.chip[aria-current] { background: var(--wash); border-color: var(--accent); }
.chip b { font-variant-numeric: tabular-nums; }
.tag { display: inline-block; padding: 0 .45rem; margin: 0 .2rem .2rem 0; border-radius: .35rem; background: var(--wash); font-size: .8rem; white-space: nowrap; }
.scroll { overflow-x: auto; margin: 0 -1rem; padding: 0 1rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th { text-align: left; font-weight: 500; color: var(--faint); font-size: .8rem; white-space: nowrap; }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
td.wide { white-space: normal; min-width: 12rem; }
tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.status::before { content: ''; display: inline-block; width: .55rem; height: .55rem; margin-right: .4rem; border-radius: 50%; background: var(--dot, var(--faint)); }
.subscribed { --dot: #2f8f4e; } .unsubscribed { --dot: #c2571a; } .cleaned { --dot: #b3261e; } .pending { --dot: #c99a00; }
.transactional { --dot: #3a6ea5; } .status { white-space: nowrap; }
code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
input, button { font: inherit; color: inherit; padding: .35rem .7rem; border-radius: .5rem; border: 1px solid var(--line); background: var(--ground); }
input[type=search] { flex: 1 1 12rem; min-width: 0; }
button { background: var(--accent); border-color: var(--accent); color: var(--card); cursor: pointer; }
button.quiet { background: none; color: inherit; border-color: var(--line); }
table + nav, .scroll + nav { margin-top: .75rem; }
`);
