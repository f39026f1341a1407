-- A self reference, a composite key, two keys between the same tables, an ON UPDATE that must stay.
CREATE TABLE employees (
  id INT NOT NULL PRIMARY KEY,
  manager_id INT,
  CONSTRAINT employees_manager FOREIGN KEY (manager_id) REFERENCES employees (id)
);
CREATE TABLE warehouses (region INT NOT NULL, id INT NOT NULL, PRIMARY KEY (region, id));
CREATE TABLE transfers (
  id INT NOT NULL PRIMARY KEY,
  from_region INT,
  from_id INT,
  to_region INT,
  to_id INT,
  CONSTRAINT transfers_from FOREIGN KEY (from_region, from_id) REFERENCES warehouses (region, id) ON UPDATE CASCADE,
  CONSTRAINT transfers_to FOREIGN KEY (to_region, to_id) REFERENCES warehouses (region, id) ON DELETE CASCADE
);
CREATE INDEX employees_manager_id ON employees (manager_id);
CREATE INDEX transfers_from_ix ON transfers (from_region, from_id);
CREATE INDEX transfers_to_ix ON transfers (to_region, to_id);
