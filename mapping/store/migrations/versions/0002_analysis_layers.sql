-- What an analysis shows beside hotspots: surface, streets, coverage; and people per cell, for exposure.

CREATE TABLE mapping.analysis_layers (
    community_id integer NOT NULL,
    run_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('surface', 'streets', 'coverage')),
    features jsonb NOT NULL,
    PRIMARY KEY (community_id, run_id, kind),
    FOREIGN KEY (community_id, run_id) REFERENCES mapping.analysis_runs ON DELETE CASCADE
);

CREATE TABLE mapping.populations (
    community_id integer PRIMARY KEY REFERENCES public_release.communities ON DELETE CASCADE,
    geotiff bytea NOT NULL,
    source text NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public_release.analysis_layers (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('surface', 'streets', 'coverage')),
    features jsonb NOT NULL,
    PRIMARY KEY (community_id, kind)
);

GRANT SELECT, INSERT, UPDATE, DELETE
    ON mapping.analysis_layers, mapping.populations, public_release.analysis_layers TO mapping_app;
GRANT SELECT ON public_release.analysis_layers TO mapping_public;
