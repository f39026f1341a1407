/** Text that comes from a database or a policy, made harmless inside Markdown: it can open no table cell, code, tag, link or mention. */

const special: Readonly<Record<string, string>> = Object.fromEntries(
  ['\\', '`', '*', '_', '{', '}', '[', ']', '<', '>', '(', ')', '|', '~', '"', "'", '^'].map((sign) => [
    sign,
    `&#${sign.charCodeAt(0)};`,
  ]),
);

/** A part that GitHub or GitLab would make a link of: a mention, a number of an issue, an address. */
const linking = /[@#!$%&~](?=[\p{L}\p{N}_])|:(?=\/\/)|(?<=www)\.|(?<=GH)-(?=\d)/gu;

/** Prose in a line of its own or in a table cell. */
export function prose(text: string, most = 500): string {
  // An empty comment parts the text, so that a mention is none although it reads like one.
  const parted = oneLine(clip(text, most)).replace(linking, '$&\u0000');
  return parted
    .replaceAll('&', '&amp;')
    .replace(/[\\`*_{}[\]<>()|~"'^]/g, (sign) => special[sign] ?? sign)
    .replaceAll('\u0000', '<!-- -->');
}

/** A name or a key, as code. Written as a tag, because no fence of backticks is safe in a table cell. */
export function code(text: string, most = 200): string {
  const inner = oneLine(clip(text, most))
    .replaceAll('&', '&amp;')
    .replace(/[\\`*_{}[\]<>()|~"'^#@!:.$-]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<code>${readable(inner)}</code>`;
}

/** Signs that are harmless between letters and digits stay as they are, so that the source reads well too. */
function readable(encoded: string): string {
  return encoded
    .replace(/(?<=[\p{L}\p{N}])&#95;(?=[\p{L}\p{N}])/gu, '_')
    .replaceAll('&#40;', '(')
    .replaceAll('&#41;', ')')
    .replace(/(?<=[\p{L}\p{N}])&#46;(?=[\p{L}\p{N}])/gu, '.')
    .replaceAll('&#45;', '-');
}

/** Several lines of code behind a fence that nothing in them can close. */
export function fenced(text: string, language: string): readonly string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, ...text.split(/\r\n|\r|\n/), fence];
}

/** Control and direction signs would change how the rest of the line reads. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
