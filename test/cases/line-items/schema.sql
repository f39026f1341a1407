-- The simplest case: line items that should go with their order.
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY);
CREATE TABLE order_items (
  id INT NOT NULL PRIMARY KEY,
  order_id INT NOT NULL,
  CONSTRAINT order_items_order FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX order_items_order_id ON order_items (order_id);
