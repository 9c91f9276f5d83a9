-- Photos wait until the group has looked at them; what is released of them lies beside the released report.

ALTER TABLE mapping.photos
    DROP COLUMN sha256,
    DROP COLUMN media_type,
    ADD COLUMN body_hash bytea NOT NULL,
    ADD COLUMN large_sha256 bytea NOT NULL,
    ADD COLUMN small_sha256 bytea NOT NULL,
    ADD COLUMN public_name text,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ALTER COLUMN moderation SET DEFAULT 'held',
    ADD CONSTRAINT photos_moderation CHECK (moderation IN ('held', 'published', 'hidden')),
    ADD CONSTRAINT photos_public_name CHECK ((moderation = 'published') = (public_name IS NOT NULL));

CREATE TABLE public_release.photos (
    community_id integer NOT NULL,
    report_id uuid NOT NULL,
    name text NOT NULL CHECK (name ~ '^[A-Za-z0-9_-]{43}$'),
    width integer NOT NULL,
    height integer NOT NULL,
    large_sha256 bytea NOT NULL,
    small_sha256 bytea NOT NULL,
    PRIMARY KEY (community_id, report_id, name),
    FOREIGN KEY (community_id, report_id) REFERENCES public_release.reports ON DELETE CASCADE
);
CREATE INDEX photos_name ON public_release.photos (name);

GRANT SELECT, INSERT, UPDATE, DELETE ON public_release.photos TO mapping_app;
GRANT SELECT ON public_release.photos TO mapping_public;
