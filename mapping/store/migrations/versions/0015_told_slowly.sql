-- What counts told of others: allowances from clock hour to clock hour, and what came in once a month.

-- An allowance that grows back told whoever shares an address, by what is taken of it, that somebody else had just sent.
-- One that is whole at every full hour, and of a size that nobody knows, does not.
DROP FUNCTION mapping.count_sent;
DROP TABLE mapping.allowances;
DROP TYPE mapping.claim;

-- One row for each phone or address and hour, named by a keyed hash that changes hourly, with how much more is taken. Not
-- logged: these rows reach no archive of the log and no replica, and a crash may lose them.
CREATE UNLOGGED TABLE mapping.allowances (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    sender bytea NOT NULL,
    room integer NOT NULL CHECK (room >= 0),
    ends timestamptz NOT NULL,
    PRIMARY KEY (community_id, sender)
);
CREATE INDEX allowances_ends ON mapping.allowances (ends);
GRANT SELECT, INSERT, UPDATE, DELETE ON mapping.allowances TO mapping_app;

-- What is to be counted of one thing that is sent: the nonce of its proof of work and until when it has to be known; the
-- senders, by keyed hashes, with how much is taken of each until `ends`, if the proof was not spent before (`proven`) and
-- if it was or there is none (`others`).
CREATE TYPE mapping.claim AS (
    nonce bytea, nonce_until timestamptz, proven bytea[], proven_most integer[], others bytea[], others_most integer[],
    ends timestamptz
);

-- Spends a proof of work and takes one of each sender's allowance; where `wait_s`, the time until all of it is there
-- again, is more than 0 the caller has to undo what this has written. Rows are taken in the order that is given,
-- addresses before phones everywhere, so that no two transactions wait for one another.
CREATE FUNCTION mapping.count_sent(town integer, due mapping.claim, OUT is_proven boolean, OUT wait_s double precision)
LANGUAGE plpgsql AS $$
DECLARE
    senders bytea[] := due.others;
    most integer[] := due.others_most;
    taken bigint;
BEGIN
    is_proven := false;
    wait_s := 0;
    IF due.nonce IS NOT NULL THEN
        INSERT INTO mapping.spent_proofs (community_id, nonce, expires_at)
        VALUES (town, due.nonce, due.nonce_until) ON CONFLICT DO NOTHING;
        is_proven := FOUND;
    END IF;
    IF is_proven THEN
        senders := due.proven;
        most := due.proven_most;
    END IF;
    WITH used AS (
        INSERT INTO mapping.allowances AS kept (community_id, sender, room, ends)
        SELECT town, asked.sender, asked.most - 1, due.ends
        FROM unnest(senders, most) WITH ORDINALITY AS asked (sender, most, place)
        ORDER BY asked.place
        ON CONFLICT (community_id, sender) DO UPDATE SET room = kept.room - 1 WHERE kept.room > 0
        RETURNING 1
    )
    SELECT count(*) INTO taken FROM used;
    IF taken < cardinality(senders) THEN
        wait_s := greatest(1, extract(epoch FROM due.ends - now()));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION mapping.count_sent FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mapping.count_sent TO mapping_app;

-- What came in, by tier: what the map shows of lamps, barriers and resources and all else in fives, as it was when it was
-- first counted in a month. Counted at every change, it told whoever sent and withdrew reports when somebody else did.
CREATE TABLE public_release.progress_received (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    tier smallint NOT NULL CHECK (tier IN (0, 1, 2)),
    reports integer NOT NULL CHECK (reports >= 0 AND (tier = 0 OR reports % 5 = 0)),
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    PRIMARY KEY (community_id, tier)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON public_release.progress_received TO mapping_app;
GRANT SELECT ON public_release.progress_received TO mapping_public;

DELETE FROM public_release.progress_counts WHERE stage = 'kept';
ALTER TABLE public_release.progress_counts
    DROP CONSTRAINT progress_counts_tier_check, DROP CONSTRAINT progress_counts_stage_check,
    DROP CONSTRAINT progress_counts_check, DROP CONSTRAINT progress_counts_check1, DROP CONSTRAINT progress_counts_check2,
    ADD CONSTRAINT progress_counts_tier CHECK (tier IN (0, 1)),
    ADD CONSTRAINT progress_counts_stage CHECK (stage IN ('open', 'planned', 'in_progress', 'resolved',
        'closed_without_action', 'reopened')),
    ADD CONSTRAINT progress_counts_reason CHECK (reason = '' OR (tier = 0 AND stage = 'closed_without_action')),
    ADD CONSTRAINT progress_counts_in_fives CHECK (tier = 0 OR reports % 5 = 0);
