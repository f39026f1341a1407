// Flask-Migrate as `flask db init` sets it up: its alembic.ini names no scripts, and its env.py asks the running application.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import type { Facts } from '../../src/orm/facts.ts';
import { python, pythonPackages } from './python-packages.ts';
import { runPython } from './sqlalchemy.ts';

const packages = [
  'blinker',
  'click',
  'flask',
  'flask-migrate',
  'flask-sqlalchemy',
  'itsdangerous',
  'jinja2',
  'werkzeug',
].map((name) => `python3-${name}`);
const below = ['alembic', 'mako', 'markupsafe', 'sqlalchemy', 'typing-extensions'].map(
  (name) => `python3-${name}`,
);

let place: Project;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  const folder = await pythonPackages('sid', [...packages, ...below]);
  env = { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1', VIRTUAL_ENV: '' };
  place = openProject(ondelete);
}, 400_000);
afterAll(() => place.remove());

test('models are read through its env.py', async () => {
  place.write(
    'app.py',
    `from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    order_id = db.Column(db.ForeignKey("order.id", ondelete="CASCADE"))
def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.db"
    db.init_app(app)
    Migrate(app, db)
    return app
`,
  );
  await runPython(['-m', 'flask', '--app', 'app', 'db', 'init'], { cwd: place.folder, env });
  const words = ['facts', '--orm', 'sqlalchemy', '--python', python(), '--alembic', 'migrations/alembic.ini'];
  const { code, stdout, stderr } = await place.run(words, { env });
  expect([code, stderr]).toEqual([0, expect.stringContaining('runs the application’s code')]);
  const { foreignKeys } = JSON.parse(stdout) as Facts;
  expect(foreignKeys.map(({ child, onDelete }) => [child.name, onDelete])).toEqual([['item', 'CASCADE']]);
}, 120_000);
