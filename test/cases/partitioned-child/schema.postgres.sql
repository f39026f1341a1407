-- A partitioned child: before PostgreSQL 18 there is no NOT VALID for it, so each leaf gets a validated twin first.
CREATE TABLE devices (id int PRIMARY KEY);
CREATE TABLE readings (
  device_id int NOT NULL,
  taken date NOT NULL,
  CONSTRAINT readings_device FOREIGN KEY (device_id) REFERENCES devices (id)
) PARTITION BY RANGE (taken);
CREATE TABLE readings_2025 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE readings_2026 PARTITION OF readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON readings (device_id);
