import tseslint from 'typescript-eslint';

const instanceofError = {
  selector: "BinaryExpression[operator='instanceof'][right.name='Error']",
  message: 'Branch on `code`: an error from another realm (jest, a worker) is not `instanceof Error`.',
};

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'dist.new-*/',
      'coverage/',
      'node_modules/',
      'examples/',
      '**/*.runtime.ts',
      '**/golden/',
      '**/fixtures/',
      'test/cases/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.js'],
    rules: {
      'no-restricted-syntax': ['error', instanceofError],
      'max-lines': ['error', 300],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
);
