/**
 * How a key gets from one action to another. No server can replace a key under its own name in one statement (error 1826, or 1005
 * with errno 121 on MariaDB, measured), so a change is two steps, each one ALTER TABLE that drops and adds at once:
 *   1. drop `name`, add the temporary name with the new action;
 *   2. drop the temporary name, add `name` with the new action.
 * At every moment, also after a kill, there is exactly one key and it is enforced.
 */
import { OndeleteError } from '../../../src/core/errors.ts';
import { keyText } from '../../../src/core/names.ts';
import type { Change, ForeignKey, ReferentialAction } from '../../../src/core/model.ts';
import { temporaryName } from './temporary-name.ts';

/** `old`: nothing done yet; `half`: only the last step is missing; `new`: nothing left to do. Anything else is `other`. */
export type State = 'old' | 'half' | 'new';

export interface KeyState {
  readonly state: State;
  /** The constraint's name and actions in this state. */
  readonly name: string;
  readonly actions: readonly ReferentialAction[];
}

/** One ALTER TABLE. */
export interface AlterStep {
  readonly when: readonly State[];
  readonly drop: string;
  readonly add: string;
  readonly action: ReferentialAction;
  /** The state it leaves behind. */
  readonly then: State;
}

export interface SwapPlan {
  readonly key: ForeignKey;
  /** The name people know, for messages. */
  readonly name: string;
  readonly from: ReferentialAction;
  readonly to: ReferentialAction;
  readonly states: readonly KeyState[];
  readonly steps: readonly AlterStep[];
}

/** What the key does now: under a temporary name that is not what the change once began with. */
export function actionNow({ foreignKey, from }: Change): ReferentialAction {
  return foreignKey.halfDone?.temporaryName == null ? from.onDelete : foreignKey.onDelete;
}

/** Both directions of a change. */
export function swapPlans(change: Change): { readonly up: SwapPlan; readonly down: SwapPlan } {
  const key = change.foreignKey;
  const from = change.from.onDelete;
  const to = change.to.onDelete;
  const name = key.name;
  if (name === null) throw new OndeleteError('INTERNAL', `${keyText(key)} has no name to come back to`);
  const temporary = key.halfDone?.temporaryName ?? null;
  if (temporary !== null) {
    const here = { name: temporary, action: actionNow(change) };
    return {
      up: oneStep(key, name, here, { name, action: to }, 'half'),
      down: oneStep(key, name, { name, action: to }, here, 'old'),
    };
  }
  const between = temporaryName(name, key);
  return { up: twoSteps(key, name, between, from, to), down: twoSteps(key, name, between, to, from) };
}

/** A change interrupted in the other direction stands under the temporary name with the other action; the last step mends that too. */
function twoSteps(
  key: ForeignKey,
  name: string,
  between: string,
  from: ReferentialAction,
  to: ReferentialAction,
): SwapPlan {
  return {
    key,
    name,
    from,
    to,
    states: [
      { state: 'old', name, actions: [from] },
      { state: 'new', name, actions: [to] },
      { state: 'half', name: between, actions: [from, to] },
    ],
    steps: [
      { when: ['old'], drop: name, add: between, action: to, then: 'half' },
      { when: ['old', 'half'], drop: between, add: name, action: to, then: 'new' },
    ],
  };
}

interface NamedAction {
  readonly name: string;
  readonly action: ReferentialAction;
}

function oneStep(
  key: ForeignKey,
  name: string,
  start: NamedAction,
  end: NamedAction,
  state: 'old' | 'half',
): SwapPlan {
  return {
    key,
    name,
    from: start.action,
    to: end.action,
    states: [
      { state, name: start.name, actions: [start.action] },
      { state: 'new', name: end.name, actions: [end.action] },
    ],
    steps: [{ when: [state], drop: start.name, add: end.name, action: end.action, then: 'new' }],
  };
}
