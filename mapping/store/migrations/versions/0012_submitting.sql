-- A report is kept by one call: seven round trips of a transaction cost the server more than the writing.

-- The nearest point of a town's streets within a distance, EPSG:4326, or NULL.
CREATE FUNCTION mapping.nearest_on_street(town integer, point geometry, within_m double precision) RETURNS geometry
LANGUAGE sql STABLE AS $$
    WITH sent AS MATERIALIZED (
        SELECT ST_Transform(point, 3857) AS geom, within_m / cos(radians(ST_Y(point))) AS reach
    )
    SELECT ST_Transform(ST_ClosestPoint(segment.geom_3857, sent.geom), 4326)
    FROM sent, public_release.street_segments AS segment
    WHERE segment.community_id = town AND ST_DWithin(segment.geom_3857, sent.geom, sent.reach)
    ORDER BY segment.geom_3857 <-> sent.geom LIMIT 1
$$;

-- What is to be counted of one thing that is sent: the nonce of its proof of work and until when it has to be known; the
-- senders, by keyed hashes, with the seconds after which one more is free, if the proof was not spent before (`proven`)
-- and if it was or there is none (`others`); and how far ahead a sender may use what becomes free later.
CREATE TYPE mapping.claim AS (
    nonce bytea, nonce_until timestamptz, proven bytea[], proven_every_s double precision[],
    others bytea[], others_every_s double precision[], window_s double precision
);

-- Spends a proof of work and takes one of each sender's allowance; where `wait_s` is more than 0 the caller has to undo
-- what this has written. The generic cell rate algorithm (ITU-T I.371): one time for each sender, until which everything
-- is used. Rows are taken in the order that is given, addresses before phones everywhere, so that no two transactions
-- wait for one another.
CREATE FUNCTION mapping.count_sent(town integer, due mapping.claim, OUT is_proven boolean, OUT wait_s double precision)
LANGUAGE plpgsql AS $$
DECLARE
    senders bytea[] := due.others;
    every_s double precision[] := due.others_every_s;
    taken bytea[];
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
        every_s := due.proven_every_s;
    END IF;
    WITH used AS (
        INSERT INTO mapping.allowances AS kept (community_id, sender, used_until)
        SELECT town, asked.sender, now() + make_interval(secs => asked.every_s)
        FROM unnest(senders, every_s) WITH ORDINALITY AS asked (sender, every_s, place)
        ORDER BY asked.place
        ON CONFLICT (community_id, sender) DO UPDATE
        SET used_until = greatest(kept.used_until, now()) + (excluded.used_until - now())
        WHERE greatest(kept.used_until, now()) + (excluded.used_until - now()) / 2
            <= now() + make_interval(secs => due.window_s)
        RETURNING sender
    )
    SELECT array_agg(sender) INTO taken FROM used;
    IF cardinality(taken) = cardinality(senders) THEN
        RETURN;
    END IF;
    SELECT greatest(0.001, max(extract(epoch FROM kept.used_until - now()) + asked.every_s / 2 - due.window_s)) INTO wait_s
    FROM unnest(senders, every_s) AS asked (sender, every_s)
    JOIN mapping.allowances AS kept ON kept.community_id = town AND kept.sender = asked.sender
    WHERE asked.sender <> ALL (coalesce(taken, '{}'));
    wait_s := coalesce(wait_s, 1);
END
$$;

-- Keeps a report with the first line of its history, once. `sent` has `report` (the columns of mapping.reports, places as
-- text with their SRID), `actor`, `reporter_group`, `snap_within_m` (of a public place that is to lie on a street) and
-- `claim`, each of the last three or null. Outcomes: new; known (the id is taken, nothing is written); erased and refused
-- (nothing is written). An erasure may be under way while this waits for it: it is looked for by a later statement than
-- the one that writes.
CREATE FUNCTION mapping.submit_report(
    sent jsonb, OUT outcome text, OUT shown bytea, OUT is_proven boolean, OUT wait_s double precision
) LANGUAGE plpgsql AS $$
DECLARE
    kept mapping.reports := jsonb_populate_record(NULL::mapping.reports, sent -> 'report');
    snap_within_m double precision := sent ->> 'snap_within_m';
BEGIN
    IF snap_within_m IS NOT NULL THEN
        kept.public_geometry := coalesce(
            mapping.nearest_on_street(kept.community_id, kept.public_geometry, snap_within_m), kept.public_geometry);
    END IF;
    shown := ST_AsBinary(kept.public_geometry);
    is_proven := false;
    wait_s := 0;
    INSERT INTO mapping.reports (community_id, id, category, layer, tier, geometry, public_geometry, place, severity,
        when_seen, affected, description, answers, observed_at, channel, consents, moderation, status, body_hash,
        edit_token_hash, reporter_key)
    VALUES (kept.community_id, kept.id, kept.category, kept.layer, kept.tier, kept.geometry, kept.public_geometry,
        kept.place, kept.severity, kept.when_seen, kept.affected, kept.description, kept.answers, kept.observed_at,
        kept.channel, kept.consents, kept.moderation, kept.status, kept.body_hash, kept.edit_token_hash,
        kept.reporter_key)
    ON CONFLICT DO NOTHING;
    outcome := CASE WHEN FOUND THEN 'new' ELSE 'known' END;
    IF EXISTS (SELECT FROM mapping.erasures AS gone WHERE gone.community_id = kept.community_id
            AND gone.report_id = kept.id) THEN
        outcome := 'erased';
        RAISE SQLSTATE 'CM001';
    END IF;
    IF outcome = 'known' THEN
        RETURN;
    END IF;
    INSERT INTO mapping.report_revisions (community_id, report_id, revision, actor, action, moderation, status)
    VALUES (kept.community_id, kept.id, 1, sent ->> 'actor', 'submit', kept.moderation, kept.status);
    IF sent ->> 'reporter_group' IS NOT NULL THEN
        INSERT INTO mapping.reporter_groups (community_id, report_id, reporter_group)
        VALUES (kept.community_id, kept.id, sent ->> 'reporter_group');
    END IF;
    IF jsonb_typeof(sent -> 'claim') = 'object' THEN
        SELECT counted.is_proven, counted.wait_s INTO is_proven, wait_s
        FROM mapping.count_sent(
            kept.community_id, jsonb_populate_record(NULL::mapping.claim, sent -> 'claim')) AS counted;
        IF wait_s > 0 THEN
            outcome := 'refused';
            RAISE SQLSTATE 'CM001';
        END IF;
    END IF;
EXCEPTION WHEN SQLSTATE 'CM001' THEN
    NULL;  -- variables keep their values; what was written is undone
END
$$;

REVOKE ALL ON FUNCTION mapping.nearest_on_street, mapping.count_sent, mapping.submit_report FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mapping.nearest_on_street, mapping.count_sent, mapping.submit_report TO mapping_app;
