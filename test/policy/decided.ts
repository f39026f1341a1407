// What a policy decides over a snapshot, as lines that tests compare.
import type { NameMatching } from '../../src/core/contracts/engine.ts';
import { clauseText, keyText } from '../../src/core/names.ts';
import type { Finding, ForeignKey, Snapshot } from '../../src/core/model.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { decide } from '../../src/policy/decide.ts';
import type { SameAction } from '../../src/core/referential-actions.ts';
import { policyOf } from '../support/configs.ts';
import { key } from '../builders.ts';
import { exactly, postgresNames } from '../support/random-snapshots.ts';

interface Options {
  readonly names?: NameMatching;
  readonly same?: SameAction;
  readonly default?: string;
}

export async function decided(rules: string, snapshot: Snapshot, options: Options = {}) {
  const policy = await policyOf(`policy:\n  default: ${options.default ?? 'error'}\n  rules:\n${rules}`);
  const { decisions, findings } = decide(
    policy,
    schemaIndex(snapshot),
    options.names ?? postgresNames,
    options.same ?? exactly,
  );
  return {
    wanted: decisions.map(({ foreignKey, wanted, rule }) => {
      const action = typeof wanted === 'string' ? wanted : clauseText(wanted);
      return `${keyText(foreignKey)}: ${action} by ${rule === null ? 'nothing' : `${rule.match} (${rule.position.line}:${rule.position.column})`}`;
    }),
    findings: findings.map(findingText),
    decisions,
  };
}

function findingText({ code, severity, subject, detail, position }: Finding): string {
  return `${position?.line ?? 0}:${position?.column ?? 0} ${severity} ${code} ${subject}: ${detail}`;
}

export const line = (match: string, onDelete: string, more = ''): string =>
  `    - match: '${match}'\n      onDelete: ${onDelete}\n${more}`;

export const shop: readonly ForeignKey[] = [
  key('items(order_id) -> orders(id)'),
  key('items(product_id) -> products(id)'),
  key('orders(user_id) -> users(id)', { onDelete: 'RESTRICT' }),
  key('audit_logins(user_id) -> users(id)', { onDelete: 'CASCADE' }),
  key('audit_orders(user_id, order_id) -> users(id, order_id)'),
];
