/** The style of the report. Colours have enough contrast for everybody, in the light and in the dark. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --paper: #ffffff; --card: #f6f8fa; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0;
  --accent: #0969da; --good: #1a7f37; --doubtful: #9a6700; --bad: #d1242f;
  --font: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --card: #161b22; --ink: #e6edf3; --faint: #9198a1;
  --line: #30363d; --accent: #4493f8; --good: #3fb950; --doubtful: #d29922; --bad: #f85149; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 var(--font); }
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 32px 0 12px; }
p { margin: 4px 0; }
.faint, footer { color: var(--faint); }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 24px 0; padding: 0; }
@media (max-width: 700px) { .tiles { grid-template-columns: repeat(2, 1fr); } }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; }
.tiles dt { color: var(--faint); font-size: 13px; }
.tiles dd { margin: 0; font-size: 24px; font-weight: 600; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: 8px; }
.canvas { position: relative; height: 260px; }
details { margin-top: 8px; }
summary { cursor: pointer; color: var(--faint); font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 6px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--faint); font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.url { overflow-wrap: anywhere; min-width: 280px; }
code { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.fresh, .stale { white-space: nowrap; }
.fresh { color: var(--good); } .stale { color: var(--doubtful); } .error { color: var(--bad); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
footer { padding: 24px; font-size: 13px; }
@media print { figure, .tiles div { break-inside: avoid; } details { display: none; } }
`;
