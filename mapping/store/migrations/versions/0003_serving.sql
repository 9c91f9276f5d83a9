-- Items are asked for by their public id alone, and paged by layer through all communities; and keys of programs.

CREATE INDEX reports_id ON public_release.reports (id);
CREATE INDEX reports_layer ON public_release.reports (layer, id);
CREATE INDEX hotspots_id ON public_release.hotspots (id);

CREATE TABLE mapping.api_keys (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    key_hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, id),
    UNIQUE (community_id, key_hash)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON mapping.api_keys TO mapping_app;
