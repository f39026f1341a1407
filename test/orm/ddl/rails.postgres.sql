SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
SET xmloption = content;

-- *not* creating schema, since initdb creates it


CREATE TABLE public.ar_internal_metadata (
    key character varying NOT NULL,
    value character varying
);


CREATE TABLE public.posts (
    id bigint GENERATED ALWAYS AS IDENTITY,
    blog_id bigint,
    CONSTRAINT posts_pkey PRIMARY KEY (id)
);


CREATE TABLE public.comments (
    id bigint NOT NULL,
    post_id bigint NOT NULL,
    parent_id bigint
);


ALTER TABLE ONLY public.comments
    ADD CONSTRAINT comments_pkey PRIMARY KEY (id);


CREATE INDEX index_comments_on_post_id ON public.comments USING btree (post_id);


ALTER TABLE ONLY public.comments
    ADD CONSTRAINT fk_rails_2fd19c0db7 FOREIGN KEY (post_id) REFERENCES public.posts(id) ON DELETE CASCADE;


ALTER TABLE ONLY public.comments
    ADD CONSTRAINT fk_rails_31554e7034 FOREIGN KEY (parent_id) REFERENCES public.comments(id);


SET search_path TO "$user", public;

INSERT INTO "schema_migrations" (version) VALUES
('20250102000000'),
('20250101000000');

