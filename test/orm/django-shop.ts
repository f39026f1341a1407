// The smallest Django project with two models, and the facts that are read of it.
import { type Django, djangoProject, type DjangoProject, python } from './django.ts';
import type { CliResult } from '../support/cli.ts';

export const settings = `SECRET_KEY = "secret"
INSTALLED_APPS = ["shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.db"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
`;
export const models = `from django.db import models
class Order(models.Model):
    pass
class Item(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
`;
export const manage = (name: string): string => `import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", ${name})
`;

export interface Files {
  readonly settings?: string;
  readonly models?: string;
  readonly apps?: string;
}

export async function shopProject(version: Django): Promise<DjangoProject> {
  const project = await djangoProject(version, null);
  project.write('shop/__init__.py', '');
  project.write('manage.py', manage('"settings"'));
  return project;
}

export function factsOf(
  project: DjangoProject,
  files: Files,
  words: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  project.write('settings.py', files.settings ?? settings);
  project.write('shop/models.py', files.models ?? models);
  project.write('shop/apps.py', files.apps ?? '');
  const named = words.includes('--python') ? [] : ['--python', python()];
  return project.run(['facts', '--orm', 'django', ...named, ...words], env);
}
