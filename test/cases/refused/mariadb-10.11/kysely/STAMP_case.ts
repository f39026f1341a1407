// Deleting a row of shop.users sets user_id to NULL in the rows of shop.logins that point to it by user_id (SET NULL; before: RESTRICT).
//   key          shop.logins(user_id) -> shop.users(id), constraint logins_user
//   rule         ondelete.config.yaml:7  logins -> users
//   fingerprint  253a2a7627d5b8e5
// logins(user_id) -> users(id): ON DELETE RESTRICT becomes SET NULL
// ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"","name":"logins"},"columns":["user_id"],"parent":{"schema":"","name":"users"},"parentColumns":["id"],"constraint":"logins_user","twin":0,"from":{"onDelete":"RESTRICT","onDeleteColumns":null},"to":{"onDelete":"SET NULL","onDeleteColumns":null},"fingerprint":"253a2a7627d5b8e5"}

import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // logins(user_id) -> users(id): ON DELETE RESTRICT becomes SET NULL
  await run(db, {
    transaction: null,
    statements: [
      // Count orphaned rows of logins; they are reported, not changed.
      // takes metadata SHARED_READ on shop.logins, shop.users while rows are scanned: blocks schema changes
      `SET STATEMENT lock_wait_timeout = 30 FOR SELECT COUNT(*) AS \`orphans: logins(user_id) -> users(id)\` FROM \`logins\` AS child_row
LEFT JOIN \`users\` AS parent_row ON parent_row.\`id\` = child_row.\`user_id\`
WHERE child_row.\`user_id\` IS NOT NULL AND parent_row.\`id\` IS NULL`,
      // Change logins_user from ON DELETE RESTRICT to ON DELETE SET NULL; stop unless it is in one of the states that this file expects.
      // takes metadata EXCLUSIVE on shop.logins for a moment: blocks reads and writes
      `BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'logins' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 1 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, BINARY k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'user_id', DATABASE(), 'users', 'id'))) = 1
  ORDER BY k.CONSTRAINT_NAME = 'logins_user' DESC, k.CONSTRAINT_NAME = 'logins_user__od_d0fa910a' DESC LIMIT 1) INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'logins' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci) INTO ondelete_rule;
  SET ondelete_state = CASE WHEN ondelete_name = 'logins_user' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE RESTRICT') THEN 'old' WHEN ondelete_name = 'logins_user' AND ondelete_rule IN ('ON DELETE SET NULL ON UPDATE RESTRICT') THEN 'new' WHEN ondelete_name = 'logins_user__od_d0fa910a' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE RESTRICT', 'ON DELETE SET NULL ON UPDATE RESTRICT') THEN 'half' ELSE 'other' END;
  IF ondelete_state = 'other' THEN
    SET ondelete_message = CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(ondelete_name, ' ', ondelete_rule), 'missing'));
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ondelete_message;
  END IF;
  WHILE ondelete_state <> 'new' DO
    BEGIN
      DECLARE EXIT HANDLER FOR 1205, 1213
      BEGIN
        SET ondelete_tries = ondelete_tries + 1;
        IF ondelete_tries >= 30 THEN RESIGNAL; END IF;
        DO SLEEP(0.5 + RAND() * 1.5);
      END;
      IF ondelete_state = 'old' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`logins\` RENAME INDEX \`logins_user_id\` TO \`logins_user_id\`, DROP FOREIGN KEY \`logins_user\`, ADD CONSTRAINT \`logins_user__od_d0fa910a\` FOREIGN KEY (\`user_id\`) REFERENCES \`users\` (\`id\`) ON DELETE SET NULL, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'half';
      END IF;
      IF ondelete_state = 'half' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`logins\` DROP FOREIGN KEY \`logins_user__od_d0fa910a\`, ADD CONSTRAINT \`logins_user\` FOREIGN KEY (\`user_id\`) REFERENCES \`users\` (\`id\`) ON DELETE SET NULL, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'new';
      END IF;
    END;
  END WHILE;
END`,
    ],
    always: [],
    retry: null,
  });
}

// Reverses the file of the same name: restores the rule, not rows that were deleted or changed under the new one.
// Deleting a row of shop.users is refused at once by the rows of shop.logins that point to it by user_id (RESTRICT; before: SET NULL).
// logins(user_id) -> users(id): ON DELETE RESTRICT becomes SET NULL
export async function down(db: Kysely<unknown>): Promise<void> {
  // logins(user_id) -> users(id): ON DELETE RESTRICT becomes SET NULL
  await run(db, {
    transaction: null,
    statements: [
      // Count orphaned rows of logins; they are reported, not changed.
      // takes metadata SHARED_READ on shop.logins, shop.users while rows are scanned: blocks schema changes
      `SET STATEMENT lock_wait_timeout = 30 FOR SELECT COUNT(*) AS \`orphans: logins(user_id) -> users(id)\` FROM \`logins\` AS child_row
LEFT JOIN \`users\` AS parent_row ON parent_row.\`id\` = child_row.\`user_id\`
WHERE child_row.\`user_id\` IS NOT NULL AND parent_row.\`id\` IS NULL`,
      // Change logins_user from ON DELETE SET NULL to ON DELETE RESTRICT; stop unless it is in one of the states that this file expects.
      // takes metadata EXCLUSIVE on shop.logins for a moment: blocks reads and writes
      `BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'logins' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 1 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, BINARY k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'user_id', DATABASE(), 'users', 'id'))) = 1
  ORDER BY k.CONSTRAINT_NAME = 'logins_user' DESC, k.CONSTRAINT_NAME = 'logins_user__od_d0fa910a' DESC LIMIT 1) INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'logins' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci) INTO ondelete_rule;
  SET ondelete_state = CASE WHEN ondelete_name = 'logins_user' AND ondelete_rule IN ('ON DELETE SET NULL ON UPDATE RESTRICT') THEN 'old' WHEN ondelete_name = 'logins_user' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE RESTRICT') THEN 'new' WHEN ondelete_name = 'logins_user__od_d0fa910a' AND ondelete_rule IN ('ON DELETE SET NULL ON UPDATE RESTRICT', 'ON DELETE RESTRICT ON UPDATE RESTRICT') THEN 'half' ELSE 'other' END;
  IF ondelete_state = 'other' THEN
    SET ondelete_message = CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(ondelete_name, ' ', ondelete_rule), 'missing'));
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ondelete_message;
  END IF;
  WHILE ondelete_state <> 'new' DO
    BEGIN
      DECLARE EXIT HANDLER FOR 1205, 1213
      BEGIN
        SET ondelete_tries = ondelete_tries + 1;
        IF ondelete_tries >= 30 THEN RESIGNAL; END IF;
        DO SLEEP(0.5 + RAND() * 1.5);
      END;
      IF ondelete_state = 'old' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`logins\` RENAME INDEX \`logins_user_id\` TO \`logins_user_id\`, DROP FOREIGN KEY \`logins_user\`, ADD CONSTRAINT \`logins_user__od_d0fa910a\` FOREIGN KEY (\`user_id\`) REFERENCES \`users\` (\`id\`), ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'half';
      END IF;
      IF ondelete_state = 'half' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`logins\` DROP FOREIGN KEY \`logins_user__od_d0fa910a\`, ADD CONSTRAINT \`logins_user\` FOREIGN KEY (\`user_id\`) REFERENCES \`users\` (\`id\`), ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'new';
      END IF;
    END;
  END WHILE;
END`,
    ],
    always: [],
    retry: null,
  });
}

type Execute = (statement: string) => Promise<readonly Record<string, unknown>[]>;

interface Step {
  readonly transaction: readonly [begin: string, commit: string, rollback: string] | null;
  readonly statements: readonly string[];
  readonly always: readonly string[];
  readonly retry: { readonly codes: readonly string[]; readonly attempts: number; readonly pause: readonly [number, number] } | null;
}

/** Runs a step on one connection, in a transaction of its own unless the migrator has opened one. */
async function run(db: Kysely<unknown>, step: Step): Promise<void> {
  if (db.isTransaction) return attempt(db, { ...step, transaction: null });
  await db.connection().execute((connection) => attempt(connection, step));
}

async function attempt(connection: Kysely<unknown>, step: Step, attempts = 1): Promise<void> {
  const execute: Execute = async (statement) =>
    (await sql.raw<Record<string, unknown>>(statement).execute(connection)).rows;
  try {
    await runOnce(execute, step);
  } catch (error) {
    const { code, errno } = error as { code?: unknown; errno?: unknown };
    const again = step.retry?.codes.some((one) => one === String(code) || one === String(errno)) ?? false;
    if (step.retry === null || !again || attempts >= step.retry.attempts) throw error;
    const [least, most] = step.retry.pause;
    await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
    return attempt(connection, step, attempts + 1);
  }
}

async function runOnce(execute: Execute, step: Step): Promise<void> {
  try {
    if (step.transaction !== null) await execute(step.transaction[0]);
    for (const statement of step.statements) await execute(statement);
    if (step.transaction !== null) await execute(step.transaction[1]);
  } catch (error) {
    if (step.transaction !== null) await execute(step.transaction[2]).catch(() => []);
    throw error;
  } finally {
    for (const statement of step.always) {
      await execute(statement).catch(() => []);
    }
  }
}
