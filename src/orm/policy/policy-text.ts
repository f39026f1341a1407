/** `policy import`: the models' rules as the text of a policy, each with the line it was read from as a comment. Pure. */
import { visible } from '../../core/visible.ts';
import type { Facts, ModelKey } from '../facts.ts';
import { patternFor } from '../lint/key-edits.ts';
import { viewText } from '../lint/key-views.ts';
import { clauseOf } from '../lint/match-keys.ts';
import { type Wanted, wantedBy, wordOf } from './from-models.ts';

interface Frozen {
  readonly text: string;
  readonly unsaid: number;
  readonly unconstrained: number;
}

/** @returns YAML, how many keys ask for nothing, and how many have no constraint in the database */
export function frozenText(facts: Facts, strictNone: boolean): Frozen {
  const { orm, ormVersion, source } = facts;
  const keys = facts.foreignKeys.map((key) => ({ key, wanted: wantedBy(key, facts, strictNone) }));
  const rules = keys.flatMap(({ key, wanted }) => (wanted === null ? [] : [ruleText(key, wanted)]));
  const unread = keys.filter(({ key: { onDelete } }) => onDelete !== null && clauseOf(onDelete) === null);
  const [speaker, they] =
    orm === 'sql'
      ? [`${source} says`, 'it says']
      : [
          `the models say (${orm}${ormVersion === null ? '' : ` ${ormVersion}`}, ${source})`,
          'the models say',
        ];
  const lines = [
    `# What ${visible(speaker)}, frozen by \`ondelete policy import\`.`,
    'policy:',
    `  default: keep                # a key that ${they} nothing about stays as it is`,
    ...(rules.length === 0 ? ['  rules: []'] : ['  rules:', ...rules]),
    ...unread.map(({ key }) => {
      const name = viewText({ live: null, reference: key });
      return `# not read: ${visible(name)}: ${visible(JSON.stringify(key.onDelete))} is no action`;
    }),
  ];
  const unconstrained = keys.filter(({ key, wanted }) => wanted !== null && !key.constrained).length;
  return { text: `${lines.join('\n')}\n`, unsaid: keys.length - rules.length, unconstrained };
}

function ruleText(key: ModelKey, { said, action }: Wanted): string {
  const from = key.place === null ? '' : `${key.place.file}:${key.place.line}  `;
  return [
    `    # ${visible(`${from}says ${said}`)}`,
    `    - match: ${quoted(patternFor({ live: null, reference: key }))}`,
    `      onDelete: ${wordOf(action)}`,
    ...(key.constrained
      ? []
      : ['      optional: true           # the model asks for no key in the database']),
  ].join('\n');
}

/** One scalar of YAML; what cannot be seen, a line break above all, only has a name in double quotes. */
function quoted(text: string): string {
  return visible(text) === text ? `'${text.replaceAll("'", "''")}'` : visible(JSON.stringify(text));
}
