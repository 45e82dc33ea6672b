import { css } from "lit";

export const text = css`
  .markdown > :first-child { margin-block-start: 0; }
  .markdown > :last-child { margin-block-end: 0; }
  .markdown p, .markdown ul, .markdown ol, .markdown blockquote, .markdown .table, .markdown .code { margin-block: 0.6em; }
  .markdown h1, .markdown h2, .markdown h3, .markdown h4, .markdown h5, .markdown h6 { margin-block: 1em 0.4em; line-height: 1.3; font-size: 1.05em; }
  .markdown h1 { font-size: 1.4em; }
  .markdown h2 { font-size: 1.2em; }
  .markdown ul { list-style: disc; padding-inline-start: 1.5em; }
  .markdown ol { list-style: decimal; padding-inline-start: 1.7em; }
  .markdown li:has(> input) { list-style: none; margin-inline-start: -1.3em; }
  .markdown blockquote { border-inline-start: 3px solid var(--ck-line); padding-inline-start: 0.9em; color: var(--ck-faint); }
  .markdown code { font-family: var(--ck-mono, ui-monospace, monospace); font-size: 0.9em; background: var(--ck-raised); border-radius: 0.3em; padding: 0.1em 0.3em; }
  .markdown pre { margin: 0; padding: 0.8em 1em; overflow-x: auto; background: var(--ck-raised); border-radius: calc(var(--ck-radius) / 2); direction: ltr; text-align: left; }
  .markdown pre code { padding: 0; background: none; overflow-wrap: normal; }
  .markdown a { unicode-bidi: isolate; }
  .markdown img { max-width: 100%; border-radius: calc(var(--ck-radius) / 2); }
  .markdown hr { border: 0; border-block-start: 1px solid var(--ck-line); }
  .table { overflow-x: auto; }
  table { border-collapse: collapse; min-width: 50%; }
  th, td { border-block-end: 1px solid var(--ck-line); padding: 0.4em 0.8em; text-align: start; overflow-wrap: normal; }
  th { font-weight: 600; }
`;
