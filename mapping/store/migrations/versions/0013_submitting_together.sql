-- Reports that come together take one subtransaction and not one each, which cost a third of keeping them.

-- Keeps a report with the first line of its history, once, and counts it for its sender. `sent` has `report` (the columns
-- of mapping.reports, places as text with their SRID), `actor`, `reporter_group`, `snap_within_m` (of a public place that
-- is to lie on a street) and `claim`, each of the last three or null. Outcomes: new; known (the id is taken, nothing is
-- written); erased and refused, where the caller has to undo what is written. An erasure may be under way while this waits
-- for it: it is looked for by a later statement than the one that writes.
CREATE FUNCTION mapping.keep_report(
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
        RETURN;
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
        END IF;
    END IF;
END
$$;

-- The same, where nothing is left behind by what is erased or refused.
CREATE OR REPLACE FUNCTION mapping.submit_report(
    sent jsonb, OUT outcome text, OUT shown bytea, OUT is_proven boolean, OUT wait_s double precision
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT kept.outcome, kept.shown, kept.is_proven, kept.wait_s INTO outcome, shown, is_proven, wait_s
    FROM mapping.keep_report(sent) AS kept;
    IF outcome IN ('erased', 'refused') THEN
        RAISE SQLSTATE 'CM001';
    END IF;
EXCEPTION WHEN SQLSTATE 'CM001' THEN
    NULL;  -- variables keep their values; what was written is undone
END
$$;

-- Reports of a list, in its order: together, until one of them is erased or refused; then each by itself.
CREATE FUNCTION mapping.submit_reports(
    sent jsonb, OUT outcomes text[], OUT shown bytea[], OUT are_proven boolean[], OUT waits_s double precision[]
) LANGUAGE plpgsql AS $$
DECLARE
    asked jsonb;
    kept record;
BEGIN
    BEGIN
        FOR asked IN SELECT jsonb_array_elements(sent) LOOP
            SELECT * INTO kept FROM mapping.keep_report(asked);
            IF kept.outcome IN ('erased', 'refused') THEN
                RAISE SQLSTATE 'CM001';
            END IF;
            outcomes := outcomes || kept.outcome;
            shown := shown || kept.shown;
            are_proven := are_proven || kept.is_proven;
            waits_s := waits_s || kept.wait_s;
        END LOOP;
        RETURN;
    EXCEPTION WHEN SQLSTATE 'CM001' THEN
        NULL;
    END;
    SELECT array_agg(alone.outcome ORDER BY place), array_agg(alone.shown ORDER BY place),
        array_agg(alone.is_proven ORDER BY place), array_agg(alone.wait_s ORDER BY place)
    INTO outcomes, shown, are_proven, waits_s
    FROM jsonb_array_elements(sent) WITH ORDINALITY AS one (sent, place)
    CROSS JOIN LATERAL mapping.submit_report(one.sent) AS alone;
END
$$;

REVOKE ALL ON FUNCTION mapping.keep_report, mapping.submit_reports FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mapping.keep_report, mapping.submit_reports TO mapping_app;
