// The cases: what each way leaves was measured on SQLAlchemy 1.4 and 2, on SQLite and PostgreSQL.
import {
  cascade,
  composite,
  deep,
  drifted,
  FK,
  inherited,
  linked,
  NN,
  recommended,
  type Special,
  tree,
} from './special.ts';

/** One of two parents gone with its links. */
const gone = '2 / 1 2 / 2-2';

export const specials: readonly Special[] = [
  linked('mmplain', {}, { parent_session: gone, parent_loaded: gone, parent_bulk: FK, other_session: FK }, [
    'warning ORM_SECONDARY_WITHOUT_DB_CASCADE',
    'warning ORM_SECONDARY_WITHOUT_DB_CASCADE',
  ]),
  linked(
    'mmcascade',
    { ondelete: cascade },
    { parent_session: gone, parent_loaded: gone, parent_bulk: gone, other_session: '1 2 / 2 / 1-2 2-2' },
    [],
  ),
  linked(
    'mmpassive',
    { relationship: ', passive_deletes=True' },
    { parent_session: FK, parent_loaded: gone, parent_bulk: FK, other_session: FK },
    ['warning ORM_SECONDARY_WITHOUT_DB_CASCADE', 'warning ORM_SECONDARY_WITHOUT_DB_CASCADE'],
  ),
  linked(
    'mmshared',
    { ondelete: '', relationship: ', cascade="all, delete"' },
    { parent_session: FK, parent_loaded: FK, parent_bulk: FK, other_session: FK },
    [
      'error ORM_CASCADE_THROUGH_SECONDARY',
      'warning ORM_SECONDARY_WITHOUT_DB_CASCADE',
      'warning ORM_SECONDARY_WITHOUT_DB_CASCADE',
    ],
  ),
  linked(
    'mmsharedback',
    { ondelete: cascade, relationship: ', cascade="all, delete", backref="owners"' },
    {
      parent_session: '2 /  / ',
      parent_loaded: '2 /  / ',
      parent_bulk: gone,
      other_session: '1 2 / 2 / 1-2 2-2',
    },
    ['error ORM_CASCADE_THROUGH_SECONDARY'],
  ),
  inherited('jiplain', '', '', { parent_session: ' / ', parent_bulk: FK, sub_bulk: '1-s / ' }, [
    'warning ORM_JOINED_INHERITANCE_WITHOUT_DB_CASCADE',
  ]),
  inherited(
    'jicascade',
    cascade,
    ', "passive_deletes": True',
    { parent_session: ' / ', parent_bulk: ' / ', sub_bulk: '1-s / ' },
    [],
  ),
  deep('deepplain', '', FK, ['warning ORM_UNCOVERED_GRANDCHILD']),
  deep('deeprestrict', ', ondelete="RESTRICT"', FK, []),
  deep('deepcascade', cascade, ' /  / ', []),
  composite('coplain', '', '', [NN, NN, FK], ['error ORM_DELETE_ALWAYS_FAILS']),
  composite(
    'conull',
    ', ondelete="SET NULL"',
    ', passive_deletes="all"',
    [NN, NN, NN],
    ['error ORM_SET_NULL_ON_NOT_NULL'],
  ),
  composite(
    'colist',
    ', ondelete="SET NULL (p_id)"',
    ', passive_deletes="all"',
    [' / 1-7-', ' / 1-7-', ' / 1-7-'],
    [],
    true,
  ),
  composite(
    'colistplain',
    ', ondelete="SET NULL (p_id)"',
    '',
    [NN, NN, ' / 1-7-'],
    ['error ORM_DELETE_ALWAYS_FAILS'],
    true,
  ),
  tree(
    'trcascade',
    { ondelete: cascade, relationship: `children = relationship("N_trcascade"${recommended})` },
    { parent_root: '', parent_bulk: '', leaf: '1- 2-1' },
    [],
  ),
  tree(
    'trorm',
    { relationship: 'children = relationship("N_trorm", cascade="all, delete")' },
    { parent_root: '', parent_bulk: FK, leaf: '1- 2-1' },
    ['warning ORM_ONLY_CASCADE'],
  ),
  tree(
    'trup',
    { relationship: 'parent = relationship("N_trup", remote_side=[id], cascade="all, delete")' },
    { parent_root: FK, parent_bulk: FK, leaf: '' },
    ['error ORM_CASCADE_ON_MANY_TO_ONE'],
  ),
  tree(
    'trforgotten',
    { relationship: 'parent = relationship("N_trforgotten", cascade="all, delete")' },
    { parent_root: '', parent_bulk: FK, leaf: '1- 2-1' },
    ['warning ORM_ONLY_CASCADE'],
  ),
  tree(
    'trnulls',
    { ondelete: cascade, relationship: 'children = relationship("N_trnulls")' },
    { parent_root: '2- 3-2', parent_bulk: '', leaf: '1- 2-1' },
    ['error ORM_NULLS_BEFORE_DB_CASCADE'],
  ),
  drifted(
    'drless',
    { models: cascade, relationship: recommended, live: '' },
    [FK, ' / ', FK],
    ['error ORM_LOAD_STATE_DEPENDENT_DELETE', 'error ORM_MODEL_DB_DRIFT'],
  ),
  drifted(
    'drmore',
    { models: '', relationship: '', live: ' ON DELETE CASCADE' },
    [' / 1-', ' / 1-', ' / '],
    ['error ORM_NULLS_BEFORE_DB_CASCADE', 'error ORM_MODEL_DB_DRIFT'],
  ),
  drifted(
    'drtwice',
    {
      models: cascade,
      relationship: ', cascade="all, delete"',
      live: ' ON DELETE CASCADE',
      more: '\n    others = relationship("C_drtwice", overlaps="children")',
    },
    [' / ', ' / ', ' / '],
    ['info ORM_DB_CASCADE_NOT_TRUSTED'],
  ),
];
