-- A bicycle workshop: ten tables, eleven foreign keys, most of them left as their author happened to write them.
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL
);

CREATE TABLE employees (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  manager_id INTEGER REFERENCES employees (id)          -- a self reference
);

CREATE TABLE bikes (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  frame_number TEXT NOT NULL UNIQUE
);

CREATE TABLE repairs (
  id INTEGER PRIMARY KEY,
  bike_id INTEGER NOT NULL CONSTRAINT repairs_bike REFERENCES bikes (id) ON DELETE CASCADE,
  mechanic_id INTEGER REFERENCES employees (id),
  opened TEXT NOT NULL
);

CREATE TABLE repair_items (
  repair_id INTEGER NOT NULL REFERENCES repairs (id),
  line INTEGER NOT NULL,
  part TEXT NOT NULL,
  price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
  PRIMARY KEY (repair_id, line)
);

CREATE TABLE warranties (
  id INTEGER PRIMARY KEY,
  repair_id INTEGER NOT NULL,
  line INTEGER NOT NULL,
  months INTEGER NOT NULL DEFAULT 24,
  FOREIGN KEY (repair_id, line) REFERENCES repair_items (repair_id, line)   -- a composite key
);

CREATE TABLE invoices (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,  -- the law says ten years
  total_cents INTEGER NOT NULL
);

CREATE TABLE locations (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL
);

CREATE TABLE transfers (
  id INTEGER PRIMARY KEY,
  bike_id INTEGER NOT NULL REFERENCES bikes (id) ON DELETE CASCADE,
  from_location_id INTEGER REFERENCES locations (id),   -- two keys
  to_location_id INTEGER REFERENCES locations (id)      -- between the same tables
);

CREATE TABLE "price list; ""2026""" (
  part TEXT PRIMARY KEY,
  "set by" INTEGER REFERENCES employees (id) ON DELETE RESTRICT
);

CREATE INDEX bikes_customer ON bikes (customer_id);
CREATE INDEX repairs_bike_id ON repairs (bike_id);

INSERT INTO customers VALUES (1, 'Ada'), (2, 'Björn'), (3, 'Chen');
INSERT INTO employees VALUES (1, 'Vera', NULL), (2, 'Walt', 1), (3, 'Xia', 1), (4, 'Yann', 2);
INSERT INTO bikes VALUES (1, 1, 'A-100'), (2, 1, 'A-101'), (3, 2, 'B-200');
INSERT INTO repairs VALUES (1, 1, 2, '2026-03-01'), (2, 1, 4, '2026-05-12'), (3, 3, 2, '2026-06-30');
INSERT INTO repair_items VALUES (1, 1, 'chain', 2900), (1, 2, 'labour', 4500), (2, 1, 'tyre', 3900), (3, 1, 'brake', 5200);
INSERT INTO warranties (repair_id, line) VALUES (1, 1), (2, 1);
INSERT INTO invoices VALUES (1, 1, 7400), (2, 1, 3900), (3, 2, 5200);
INSERT INTO locations VALUES (1, 'workshop'), (2, 'shop window'), (3, 'cellar');
INSERT INTO transfers VALUES (1, 1, 1, 2), (2, 3, 3, 1);
INSERT INTO "price list; ""2026""" VALUES ('chain', 1), ('tyre', 2);
