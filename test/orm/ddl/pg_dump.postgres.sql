--
-- PostgreSQL database dump
--

\restrict 4hXcVbQ0mPzLd7kTnRyWf2GsJa9

-- Dumped from database version 16.4
-- Dumped by pg_dump version 16.10

SET statement_timeout = 0;
SET lock_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET row_security = off;

CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C';

ALTER DATABASE shop OWNER TO shop_owner;

\unrestrict 4hXcVbQ0mPzLd7kTnRyWf2GsJa9
\connect shop
\restrict 4hXcVbQ0mPzLd7kTnRyWf2GsJa9

CREATE SCHEMA audit;

ALTER SCHEMA audit OWNER TO shop_owner;

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';

CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA public;

CREATE TYPE public.order_state AS ENUM (
    'open',
    'paid; shipped'
);

ALTER TYPE public.order_state OWNER TO shop_owner;

CREATE DOMAIN public.amount AS numeric(12,2)
	CONSTRAINT amount_check CHECK ((VALUE >= (0)::numeric));

CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $_$
BEGIN
  NEW.touched_at := now(); -- a semicolon; and a 'quote
  RETURN NEW;
END;
$_$;

CREATE FUNCTION public.half(n integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT CASE WHEN (n > 1) THEN (n / 2) ELSE 0 END;
END;

CREATE AGGREGATE public.first(anyelement) (
    SFUNC = public.first_agg,
    STYPE = anyelement
);

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.customers (
    id bigint NOT NULL,
    email public.citext NOT NULL,
    halves integer DEFAULT public.half(3)
);

ALTER TABLE public.customers OWNER TO shop_owner;

COMMENT ON TABLE public.customers IS 'who buys; and when';

CREATE SEQUENCE public.customers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.customers_id_seq OWNED BY public.customers.id;

CREATE TABLE public.orders (
    id bigint NOT NULL,
    customer_id bigint,
    total public.amount,
    state public.order_state DEFAULT 'open'::public.order_state NOT NULL,
    touched_at timestamp with time zone
);

CREATE TABLE audit.entries (
    id bigint NOT NULL,
    order_id bigint,
    customer_id bigint NOT NULL,
    at timestamp with time zone NOT NULL
)
PARTITION BY RANGE (at);

CREATE TABLE audit.entries_2025 (
    id bigint NOT NULL,
    order_id bigint,
    customer_id bigint NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE VIEW public.open_orders AS
 SELECT orders.id FROM public.orders WHERE (orders.state = 'open'::public.order_state);

CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);

ALTER TABLE ONLY audit.entries ATTACH PARTITION audit.entries_2025 FOR VALUES FROM ('2025-01-01 00:00:00+00') TO ('2026-01-01 00:00:00+00');

ALTER TABLE ONLY public.customers ALTER COLUMN id SET DEFAULT nextval('public.customers_id_seq'::regclass);

COPY public.schema_migrations (version) FROM stdin;
20250101000000
20250102000000; DROP DATABASE shop
\.

SELECT pg_catalog.setval('public.customers_id_seq', 1, false);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);

ALTER TABLE ONLY audit.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (id, at);

ALTER TABLE ONLY audit.entries_2025
    ADD CONSTRAINT entries_2025_pkey PRIMARY KEY (id, at);

CREATE INDEX orders_on_email ON public.orders USING gin (state public.gin_trgm_ops);

ALTER INDEX audit.entries_pkey ATTACH PARTITION audit.entries_2025_pkey;

CREATE TRIGGER touch BEFORE UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.touch();

CREATE POLICY own ON public.orders USING ((customer_id = (current_setting('app.customer'::text))::bigint));

ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit.entries
    ADD CONSTRAINT entries_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE RESTRICT;

ALTER TABLE audit.entries
    ADD CONSTRAINT entries_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

CREATE PUBLICATION all_tables FOR ALL TABLES;

GRANT SELECT ON TABLE public.orders TO reporting;

ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA public GRANT SELECT ON TABLES TO reporting;

--
-- PostgreSQL database dump complete
--

\unrestrict 4hXcVbQ0mPzLd7kTnRyWf2GsJa9
