-- What became of what people said: counts of disjoint groups, and days from step to step. Written anew by the run that
-- follows a change of what is released; what may not be told exactly is rounded down before it is written.

CREATE TABLE public_release.progress_counts (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    tier smallint NOT NULL CHECK (tier IN (0, 1, 2)),
    stage text NOT NULL CHECK (stage IN ('kept', 'open', 'planned', 'in_progress', 'resolved',
        'closed_without_action', 'reopened')),
    reason text NOT NULL CHECK (reason = '' OR (tier = 0 AND stage = 'closed_without_action')),
    reports integer NOT NULL CHECK (reports > 0),
    PRIMARY KEY (community_id, tier, stage, reason),
    CHECK (tier < 2 OR stage = 'kept'),
    CHECK ((tier = 0 AND stage <> 'kept') OR reports % 5 = 0)
);

CREATE TABLE public_release.progress_days (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    step text NOT NULL CHECK (step IN ('publish', 'plan', 'resolve')),
    reports integer NOT NULL CHECK (reports >= 5),
    median_days integer NOT NULL CHECK (median_days >= 0),
    PRIMARY KEY (community_id, step)
);

GRANT SELECT, INSERT, UPDATE, DELETE
    ON public_release.progress_counts, public_release.progress_days TO mapping_app;
GRANT SELECT ON public_release.progress_counts, public_release.progress_days TO mapping_public;

-- Newest month first; within a month in the order of random ids, which tells nothing.
CREATE INDEX reports_month ON public_release.reports (community_id, (left(observed_on, 7)) DESC, id);
