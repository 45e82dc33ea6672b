import { css } from "lit";

export const widgets = css`
  .w-card, .w-list { border: 1px solid var(--ck-line); border-radius: var(--ck-radius); background: var(--ck-ground); color: var(--ck-ink); max-width: 28rem; }
  .w-card { padding: 1rem; display: flex; flex-direction: column; gap: 0.75rem; }
  .w-card.sm { max-width: 20rem; }
  .w-card.lg { max-width: 36rem; }
  .w-card.full { max-width: none; }
  .w-list { overflow: hidden; max-width: 36rem; }
  .w-item { display: flex; align-items: center; gap: 0.5rem; padding: 0.6rem 1rem; }
  .w-item + .w-item, .w-rest .w-item { border-block-start: 1px solid var(--ck-line); }
  .w-item.active { cursor: pointer; }
  .w-item.active:hover { background: var(--ck-raised); }
  .w-item:focus-visible { outline-offset: -2px; }
  .w-rest summary, .w-card summary { cursor: pointer; padding: 0.5rem 1rem; color: var(--ck-faint); }
  .w-status { display: flex; gap: 0.4em; align-items: center; color: var(--ck-faint); font-size: 0.85em; padding: 0.5rem 1rem; }
  .w-card > .w-status { padding: 0; }
  .w-confirm { display: flex; gap: 0.5rem; justify-content: flex-end; }
  .w-box { display: flex; flex-direction: column; min-width: 0; }
  .w-spacer { flex: 1; }
  .w-divider { border: 0; border-block-start: 1px solid var(--ck-line); margin-block: 0.25rem; width: 100%; align-self: stretch; }
  .w-card > .w-divider.flush { margin-inline: -1rem; width: calc(100% + 2rem); }
  .w-text, .w-title, .w-caption { min-width: 0; white-space: pre-wrap; }
  .w-title { font-weight: 600; line-height: 1.3; }
  .w-caption { color: var(--ck-faint); font-size: 0.8125em; }
  .w-label { font-size: 0.875em; font-weight: 500; }
  .truncate { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .w-icon { display: inline-flex; font-size: 16px; }
  .w-image { max-width: 100%; display: block; border-radius: calc(var(--ck-radius) / 2); }
  .w-image.frame { border: 1px solid var(--ck-line); }
  .w-card > .w-image.flush { margin-inline: -1rem; max-width: calc(100% + 2rem); border-radius: 0; }
  .w-badge { --c: var(--ck-faint); display: inline-block; flex: none; font-size: 0.75em; font-weight: 600; line-height: 1.4; padding: 0.1em 0.6em; border-radius: 0.4em; color: var(--c); border: 1px solid transparent; background: color-mix(in srgb, var(--c) 12%, var(--ck-ground)); }
  .w-badge.pill { border-radius: 1em; }
  .w-badge.md { font-size: 0.82em; }
  .w-badge.lg { font-size: 0.9em; }
  .w-badge.success { --c: var(--ck-success); }
  .w-badge.danger { --c: var(--ck-danger); }
  .w-badge.warning { --c: var(--ck-warning); }
  .w-badge.info { --c: var(--ck-info); }
  .w-badge.discovery { --c: var(--ck-discovery); }
  .w-badge.outline { background: none; border-color: currentColor; }
  .w-badge.solid { background: var(--c); color: var(--ck-ground); }
  .w-button { --c: var(--ck-ink); display: inline-flex; gap: 0.4em; align-items: center; justify-content: center; border-radius: calc(var(--ck-radius) / 2); padding: 0.4em 0.9em; min-height: 2.25em; border: 1px solid var(--ck-line); background: none; color: var(--c); }
  .w-button.primary { --c: var(--ck-ink); background: var(--c); border-color: var(--c); color: var(--ck-ground); }
  .w-button.info { --c: var(--ck-info); }
  .w-button.discovery { --c: var(--ck-discovery); }
  .w-button.success { --c: var(--ck-success); }
  .w-button.warning, .w-button.caution { --c: var(--ck-warning); }
  .w-button.danger { --c: var(--ck-danger); }
  .w-button.ghost { border-color: transparent; background: none; color: var(--c); }
  .w-button.soft { border-color: transparent; background: color-mix(in srgb, var(--c) 12%, var(--ck-ground)); color: var(--c); }
  .w-button.pill { border-radius: 2em; }
  .w-button.uniform { padding: 0.4em; aspect-ratio: 1; }
  .block { width: 100%; }
  .s-3xs, .s-2xs, .s-xs, .s-sm { font-size: 0.875em; }
  .s-xl, .s-2xl, .s-3xl { font-size: 1.125em; }
  .w-button:hover:enabled { filter: brightness(0.96); }
  .w-field { border: 1px solid var(--ck-line); border-radius: calc(var(--ck-radius) / 2); background: var(--ck-ground); padding: 0.4em 0.7em; min-width: 0; max-width: 100%; }
  .w-field.soft { background: var(--ck-raised); }
  .w-field.pill { border-radius: 2em; }
  .w-field::placeholder { color: var(--ck-faint); opacity: 1; }
  .w-field.resize { field-sizing: content; }
  .w-field:user-invalid { border-color: var(--ck-danger); }
  .w-choice { display: inline-flex; gap: 0.5em; align-items: center; }
  .w-choice input { width: 1.1em; height: 1.1em; accent-color: var(--ck-accent); flex: none; }
  .w-radios { display: flex; flex-wrap: wrap; gap: 0.4em 1em; }
  .w-radios.col { flex-direction: column; }
  .w-chart svg { width: 100%; height: auto; font-size: 12px; }
  .w-chart text { fill: var(--ck-faint); }
  .w-legend { display: flex; flex-wrap: wrap; gap: 0.4em 1em; font-size: 0.85em; }
  .swatch { display: inline-block; width: 0.8em; height: 0.8em; border-radius: 0.2em; margin-inline-end: 0.4em; }
  .w-transition { transition: opacity 0.2s; }
`;
