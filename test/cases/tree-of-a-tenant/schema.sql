-- A tree whose rows belong to tenants: the key of a row into its own table has two columns. Random schemas found what MySQL does to it.
CREATE TABLE folders (
  tenant_id INT NOT NULL,
  id INT NOT NULL,
  parent_id INT,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT folders_parent FOREIGN KEY (tenant_id, parent_id) REFERENCES folders (tenant_id, id)
);
CREATE INDEX folders_parent_ix ON folders (tenant_id, parent_id);
