// No driver, kysely, validation or YAML library is loaded by a command that does not use it.
import { describe, expect, test } from '@jest/globals';
import { commands, heavy, inFolder, loadedPackages } from '../../bench/loading.mjs';

describe('what a command loads', () => {
  test.each(commands.map(([words, may]) => [words.join(' '), words, may] as const))(
    'ondelete %s',
    (_, words, may) => {
      const { code, stderr, packages } = inFolder((folder) => loadedPackages(words, folder));
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      expect(packages.filter((name) => heavy.includes(name))).toEqual([...may].sort());
    },
  );
});
