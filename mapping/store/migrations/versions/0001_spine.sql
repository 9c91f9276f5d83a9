CREATE SCHEMA mapping;
CREATE SCHEMA public_release;

-- What anyone may see ------------------------------------------------------------------------------

CREATE TABLE public_release.communities (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9](-?[a-z0-9]){0,62}$'),
    name jsonb NOT NULL,
    boundary geometry(MultiPolygon, 4326) NOT NULL,
    time_zone text NOT NULL,
    languages text[] NOT NULL,
    is_simulated boolean NOT NULL DEFAULT false,
    settings jsonb NOT NULL DEFAULT '{}',
    network_version integer NOT NULL DEFAULT 0
);

CREATE TABLE public_release.reports (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    id uuid NOT NULL,
    category text NOT NULL,
    layer text NOT NULL,
    tier smallint NOT NULL CHECK (tier IN (0, 1)),
    geometry geometry(Geometry, 4326),
    geom_3857 geometry(Geometry, 3857) GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED,
    radius_m double precision,
    place text,
    severity smallint NOT NULL,
    when_seen text NOT NULL,
    affected text[] NOT NULL,
    description text,
    observed_on text NOT NULL,
    status text NOT NULL,
    confirmations integer NOT NULL DEFAULT 0,
    is_simulated boolean NOT NULL DEFAULT false,
    PRIMARY KEY (community_id, id),
    CHECK (tier = 0 OR (place IS NULL AND description IS NULL AND (geometry IS NULL OR radius_m > 0)))
);
CREATE INDEX reports_geom_3857 ON public_release.reports USING gist (geom_3857);

CREATE TABLE public_release.hotspots (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    id uuid NOT NULL,
    rank integer NOT NULL,
    properties jsonb NOT NULL,
    geometry geometry(MultiPolygon, 4326) NOT NULL,
    geom_3857 geometry(MultiPolygon, 3857) GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED,
    PRIMARY KEY (community_id, id)
);
CREATE INDEX hotspots_geom_3857 ON public_release.hotspots USING gist (geom_3857);

CREATE TABLE public_release.hotspot_summaries (
    community_id integer PRIMARY KEY REFERENCES public_release.communities ON DELETE CASCADE,
    summary jsonb NOT NULL
);

CREATE TABLE public_release.street_segments (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    osm_way_id bigint NOT NULL,
    segment integer NOT NULL,
    name text,
    highway text NOT NULL,
    lit text,
    surface text,
    sidewalk text,
    kerb text,
    wheelchair text,
    incline text,
    length_m double precision NOT NULL,
    geometry geometry(LineString, 4326) NOT NULL,
    geom_3857 geometry(LineString, 3857) GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED,
    PRIMARY KEY (community_id, osm_way_id, segment)
);
CREATE INDEX street_segments_geom_3857 ON public_release.street_segments USING gist (geom_3857);

CREATE TABLE public_release.lamps (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    osm_id bigint NOT NULL,
    geometry geometry(Point, 4326) NOT NULL,
    geom_3857 geometry(Point, 3857) GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED,
    PRIMARY KEY (community_id, osm_id)
);
CREATE INDEX lamps_geom_3857 ON public_release.lamps USING gist (geom_3857);

CREATE TABLE public_release.crossings (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    osm_id bigint NOT NULL,
    crossing text,
    tactile_paving text,
    kerb text,
    wheelchair text,
    button_sound text,
    geometry geometry(Point, 4326) NOT NULL,
    geom_3857 geometry(Point, 3857) GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED,
    PRIMARY KEY (community_id, osm_id)
);
CREATE INDEX crossings_geom_3857 ON public_release.crossings USING gist (geom_3857);

CREATE TABLE public_release.places (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    osm_type char(1) NOT NULL CHECK (osm_type IN ('n', 'w', 'r')),
    osm_id bigint NOT NULL,
    kind text NOT NULL
        CHECK (kind IN ('amenity', 'building', 'water', 'green', 'wood', 'homes', 'field', 'works')),
    class text,
    name text,
    wheelchair text,
    geometry geometry(Geometry, 4326) NOT NULL,
    geom_3857 geometry(Geometry, 3857) GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED,
    PRIMARY KEY (community_id, osm_type, osm_id)
);
CREATE INDEX places_geom_3857 ON public_release.places USING gist (geom_3857);

-- What only the working group's side of the program sees -------------------------------------------

CREATE TABLE mapping.community_secrets (
    community_id integer PRIMARY KEY REFERENCES public_release.communities ON DELETE CASCADE,
    mask_secret bytea NOT NULL CHECK (octet_length(mask_secret) >= 32)
);

CREATE TABLE mapping.members (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    sector text NOT NULL,
    role text NOT NULL CHECK (role IN ('mobilizer', 'member', 'moderator', 'planner', 'confidential_officer',
        'administrator')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, id)
);

CREATE TABLE mapping.reports (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    id uuid NOT NULL,
    category text NOT NULL,
    layer text NOT NULL,
    tier smallint NOT NULL CHECK (tier IN (0, 1, 2)),
    geometry geometry(Geometry, 4326),
    geom_3857 geometry(Geometry, 3857) GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED,
    public_geometry geometry(Geometry, 4326),
    place text,
    severity smallint NOT NULL CHECK (severity BETWEEN 1 AND 4),
    when_seen text NOT NULL CHECK (when_seen IN ('day', 'night', 'always')),
    affected text[] NOT NULL,
    description text,
    answers jsonb NOT NULL,
    observed_at timestamptz NOT NULL,
    channel text NOT NULL CHECK (channel IN ('web', 'assisted', 'paper_sheet', 'workshop', 'safety_walk', 'import',
        'open311')),
    consents jsonb NOT NULL,
    moderation text NOT NULL DEFAULT 'submitted'
        CHECK (moderation IN ('submitted', 'published', 'hidden', 'rejected')),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'planned', 'in_progress', 'resolved',
        'closed_without_action', 'reopened')),
    body_hash bytea NOT NULL,
    edit_token_hash bytea NOT NULL,
    reporter_key bytea,
    public_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, id),
    UNIQUE (community_id, public_id),
    CHECK (geometry IS NOT NULL OR place IS NOT NULL)
);
CREATE INDEX reports_geom_3857 ON mapping.reports USING gist (geom_3857);
CREATE INDEX reports_moderation ON mapping.reports (community_id, moderation, created_at);

CREATE TABLE mapping.reporter_groups (
    community_id integer NOT NULL,
    report_id uuid NOT NULL,
    reporter_group text NOT NULL,
    PRIMARY KEY (community_id, report_id),
    FOREIGN KEY (community_id, report_id) REFERENCES mapping.reports ON DELETE CASCADE
);

CREATE TABLE mapping.report_revisions (
    community_id integer NOT NULL,
    report_id uuid NOT NULL,
    revision integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    reason text,
    moderation text NOT NULL,
    status text NOT NULL,
    PRIMARY KEY (community_id, report_id, revision),
    FOREIGN KEY (community_id, report_id) REFERENCES mapping.reports ON DELETE CASCADE
);

CREATE TABLE mapping.photos (
    community_id integer NOT NULL,
    report_id uuid NOT NULL,
    id uuid NOT NULL,
    sha256 bytea NOT NULL,
    media_type text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    moderation text NOT NULL DEFAULT 'submitted',
    PRIMARY KEY (community_id, report_id, id),
    FOREIGN KEY (community_id, report_id) REFERENCES mapping.reports ON DELETE CASCADE
);

CREATE TABLE mapping.confirmations (
    community_id integer NOT NULL,
    report_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('seen_too', 'fixed', 'not_fixed')),
    reporter_key bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, report_id, id),
    UNIQUE (community_id, report_id, reporter_key, kind),
    FOREIGN KEY (community_id, report_id) REFERENCES mapping.reports ON DELETE CASCADE
);

CREATE TABLE mapping.erasures (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    report_id uuid NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, report_id)
);

CREATE TABLE mapping.analysis_runs (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind = 'hotspots'),
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    parameters jsonb NOT NULL,
    seed bigint NOT NULL,
    as_of timestamptz NOT NULL,
    input_hash bytea,
    code_version text,
    summary jsonb,
    result_hash bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (community_id, id)
);

CREATE TABLE mapping.hotspots (
    community_id integer NOT NULL,
    run_id uuid NOT NULL,
    id uuid NOT NULL,
    rank integer NOT NULL,
    reporters integer NOT NULL,
    properties jsonb NOT NULL,
    geometry geometry(MultiPolygon, 4326) NOT NULL,
    PRIMARY KEY (community_id, run_id, id),
    FOREIGN KEY (community_id, run_id) REFERENCES mapping.analysis_runs ON DELETE CASCADE
);
