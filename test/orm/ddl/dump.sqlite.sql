PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT DEFAULT 'a; b');
INSERT INTO orders VALUES(1,'it''s; here');
CREATE TABLE IF NOT EXISTS "order items" (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL
    REFERENCES orders (id) ON DELETE CASCADE,
  [parent] INTEGER REFERENCES "order items" ON DELETE SET NULL,
  `plain` INTEGER,
  FOREIGN KEY (`plain`) REFERENCES orders
);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('orders',1);
CREATE TRIGGER gone AFTER DELETE ON orders BEGIN
  DELETE FROM "order items" WHERE order_id = OLD.id;
  SELECT CASE WHEN 1 THEN 2 END;
END;
CREATE INDEX by_order ON "order items" (order_id);
COMMIT;
