/** Django 3.2 and later: a reader in the project's own Python calls django.setup() and reads the models. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OndeleteError } from '../../core/errors.ts';
import { clauseText } from '../../core/names.ts';
import type { OrmAdapter, ReadRequest, WriteAction } from '../adapter.ts';
import { commonFindings } from '../lint/common-findings.ts';
import { readInPython } from '../run/python.ts';
import { djangoEditor } from './editor.ts';

const managePy = 'manage.py';
const settingsVariable = 'DJANGO_SETTINGS_MODULE';

export const django: OrmAdapter = {
  name: 'django',
  title: 'Django',
  // both go through Django's collector, which looks every child up: what is loaded makes no difference
  deletes: {
    unloaded: 'instance.delete, QuerySet.delete',
    loaded: 'instance.delete, QuerySet.delete',
    bulk: '_raw_delete, plain SQL',
  },
  async read(request) {
    return readInPython(request, {
      files: ['./before-import.py', './places.py', './read-models.py'].map(
        (file) => new URL(file, import.meta.url),
      ),
      title: 'Django',
      label: settingsOf(request),
      question: { models: request.models, managePy },
      help: {
        missing:
          'Call it from the folder that holds manage.py, or name that as --models FOLDER/manage.py; choose the project’s Python with --python.',
        import:
          'Variables that the settings need can be given with --env-file FILE; other settings with --models project.settings.',
        otherwise: 'Name the settings with --models project.settings.',
      },
    });
  },
  lint: (views) => commonFindings(views, djangoAction, djangoDelete),
  editor: djangoEditor,
};

/** What is imported, for people. */
function settingsOf({ models, environment, cwd }: ReadRequest): string {
  const [named = '', ...more] = models;
  const help = 'Name the settings: --models project.settings.';
  if (more.length > 0) throw new OndeleteError('USAGE', 'Django has one settings module at a time', help);
  if (named !== '' && !named.startsWith(':')) return named;
  const inEnvironment = environment[settingsVariable] ?? '';
  if (inEnvironment !== '') return `${inEnvironment}${named}`;
  if (existsSync(join(cwd, managePy))) return `the settings of ${managePy}${named}`;
  throw new OndeleteError(
    'USAGE',
    `no Django settings are named, there is no ${managePy} here, and ${settingsVariable} is not set`,
    help,
  );
}

/** Only Django 6.1 has words for what the database does, and a model must not mix them with others: a key keeps its kind. */
const djangoAction: WriteAction = ({ onDelete }, target) => {
  const word = onDelete === null ? undefined : words[clauseText(target)];
  if (word === undefined) return null;
  return { set: { on_delete: `models.${word}` }, text: `\`on_delete=models.${word}\`` };
};

const words: Readonly<Record<string, string>> = {
  CASCADE: 'DB_CASCADE',
  'SET NULL': 'DB_SET_NULL',
  'SET DEFAULT': 'DB_SET_DEFAULT',
  'NO ACTION': 'DO_NOTHING',
};

/**
 * What Django's collector does, for a key whose action Django does not make. Its RESTRICT lets a delete pass whose children go
 * with another cascade, as NO ACTION does at the end of a transaction; its PROTECT never does, as RESTRICT.
 */
const djangoDelete: WriteAction = ({ application, onDelete }, target) => {
  const word = onDelete === null ? collectorWords[clauseText(target)] : undefined;
  if (word === undefined || application?.text.startsWith('on_delete=') !== true) return null;
  return { set: { on_delete: `models.${word}` }, text: `\`on_delete=models.${word}\`` };
};

const collectorWords: Readonly<Record<string, string>> = {
  CASCADE: 'CASCADE',
  'SET NULL': 'SET_NULL',
  'NO ACTION': 'RESTRICT',
  RESTRICT: 'PROTECT',
};
