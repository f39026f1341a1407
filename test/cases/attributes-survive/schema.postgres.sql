-- Every attribute that dropping and adding a key would lose.
CREATE SCHEMA billing;
CREATE TABLE billing.accounts (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE "Invoice; Lines" (
  id int PRIMARY KEY,
  tenant int,
  "account id" int,
  CONSTRAINT "fk ""account""" FOREIGN KEY (tenant, "account id") REFERENCES billing.accounts (tenant, id)
    MATCH FULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ON "Invoice; Lines" (tenant, "account id");
COMMENT ON CONSTRAINT "fk ""account""" ON "Invoice; Lines" IS 'it''s agreed with finance';
CREATE TABLE notes (
  id int PRIMARY KEY,
  invoice_line int,
  tenant int
);
ALTER TABLE notes ADD CONSTRAINT notes_line FOREIGN KEY (invoice_line) REFERENCES "Invoice; Lines" (id) ON DELETE RESTRICT NOT VALID;
