-- Tiles of what is released: counts per cell for small scales, and versions by which tiles are kept in memory.

-- Cells of base zoom z are those of the Web Mercator pyramid at z + 6, 64 x 64 to a tile, counted from the north-west.
CREATE TABLE public_release.report_grid (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    layer text NOT NULL,
    z smallint NOT NULL CHECK (z IN (5, 8, 11)),
    gx integer NOT NULL,
    gy integer NOT NULL,
    reports integer NOT NULL CHECK (reports > 0),
    PRIMARY KEY (community_id, z, gx, gy, layer)
);
CREATE INDEX report_grid_cells ON public_release.report_grid (z, gx, gy);

-- A version is the number kept here and one for each change not yet added to it: whoever releases appends a row and
-- waits for nobody, and a change is counted when, and only when, its transaction has committed.
CREATE TABLE public_release.release_versions (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    tile_set text NOT NULL CHECK (tile_set IN ('reports', 'grid', 'hotspots')),
    version bigint NOT NULL,
    PRIMARY KEY (community_id, tile_set)
);

CREATE TABLE public_release.release_changes (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    id bigint GENERATED ALWAYS AS IDENTITY,
    tile_set text NOT NULL CHECK (tile_set IN ('reports', 'grid', 'hotspots')),
    PRIMARY KEY (community_id, id)
);

-- Cells of base zoom 11 whose counts may have changed. Rows repeat: an appended row never waits, a unique one would.
CREATE TABLE mapping.dirty_cells (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    id bigint GENERATED ALWAYS AS IDENTITY,
    gx integer NOT NULL,
    gy integer NOT NULL,
    PRIMARY KEY (community_id, id)
);

GRANT SELECT, INSERT, UPDATE, DELETE
    ON public_release.report_grid, public_release.release_versions, public_release.release_changes, mapping.dirty_cells
    TO mapping_app;
GRANT SELECT ON public_release.report_grid, public_release.release_versions, public_release.release_changes
    TO mapping_public;

-- Column and row of the cell of base zoom 11 in which the middle of a geometry in EPSG:3857 lies.
CREATE FUNCTION mapping.grid_column(geom geometry) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(greatest(
        floor((ST_X(ST_Centroid(geom)) + 20037508.342789244) * (131072 / 40075016.68557849)), 0), 131071)::integer
$$;
CREATE FUNCTION mapping.grid_row(geom geometry) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(greatest(
        floor((20037508.342789244 - ST_Y(ST_Centroid(geom))) * (131072 / 40075016.68557849)), 0), 131071)::integer
$$;

-- What a statement changes of the released reports is noted once for the statement, whoever sends it. Where a
-- community is being removed, nothing is left to note.
CREATE FUNCTION mapping.note_released_reports() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH cells AS (
        SELECT DISTINCT community_id, mapping.grid_column(geom_3857) AS gx, mapping.grid_row(geom_3857) AS gy
        FROM changed
        WHERE geom_3857 IS NOT NULL AND EXISTS (SELECT FROM public_release.communities WHERE id = community_id)
    ), noted AS (
        INSERT INTO mapping.dirty_cells (community_id, gx, gy) SELECT community_id, gx, gy FROM cells
    )
    INSERT INTO public_release.release_changes (community_id, tile_set)
    SELECT DISTINCT community_id, 'reports' FROM cells;
    RETURN NULL;
END $$;

-- Of an update only rows that a tile shows otherwise than before: a confirmation changes no tile.
CREATE FUNCTION mapping.note_updated_reports() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH was AS (
        SELECT community_id, id, layer, category, severity, status, radius_m, geom_3857 FROM gone
    ), has_become AS (
        SELECT community_id, id, layer, category, severity, status, radius_m, geom_3857 FROM arrived
    ), changed AS (
        (SELECT * FROM was EXCEPT SELECT * FROM has_become)
        UNION ALL (SELECT * FROM has_become EXCEPT SELECT * FROM was)
    ), cells AS (
        SELECT DISTINCT community_id, mapping.grid_column(geom_3857) AS gx, mapping.grid_row(geom_3857) AS gy
        FROM changed WHERE geom_3857 IS NOT NULL
    ), noted AS (
        INSERT INTO mapping.dirty_cells (community_id, gx, gy) SELECT community_id, gx, gy FROM cells
    )
    INSERT INTO public_release.release_changes (community_id, tile_set)
    SELECT DISTINCT community_id, 'reports' FROM cells;
    RETURN NULL;
END $$;

CREATE FUNCTION mapping.note_released_hotspots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public_release.release_changes (community_id, tile_set)
    SELECT DISTINCT community_id, 'hotspots' FROM changed
    WHERE EXISTS (SELECT FROM public_release.communities WHERE id = community_id);
    RETURN NULL;
END $$;

CREATE TRIGGER note_inserted AFTER INSERT ON public_release.reports
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mapping.note_released_reports();
CREATE TRIGGER note_deleted AFTER DELETE ON public_release.reports
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mapping.note_released_reports();
CREATE TRIGGER note_updated AFTER UPDATE ON public_release.reports
    REFERENCING OLD TABLE AS gone NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION mapping.note_updated_reports();
CREATE TRIGGER note_inserted AFTER INSERT ON public_release.hotspots
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mapping.note_released_hotspots();
CREATE TRIGGER note_updated AFTER UPDATE ON public_release.hotspots
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mapping.note_released_hotspots();
CREATE TRIGGER note_deleted AFTER DELETE ON public_release.hotspots
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mapping.note_released_hotspots();

-- Counts of the coarser base zooms, from those of the finer, for the cells above the given ones of base zoom 11.
CREATE FUNCTION mapping.sum_report_grid(owners integer[], columns integer[], rows integer[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    base integer;
BEGIN
    FOREACH base IN ARRAY ARRAY[8, 5] LOOP
        WITH touched AS (
            SELECT DISTINCT cell.community_id, cell.gx >> (11 - base) AS gx, cell.gy >> (11 - base) AS gy
            FROM unnest(owners, columns, rows) AS cell (community_id, gx, gy)
        ), summed AS (
            SELECT touched.community_id, finer.layer, touched.gx, touched.gy, sum(finer.reports) AS reports
            FROM touched JOIN public_release.report_grid AS finer ON finer.community_id = touched.community_id
                AND finer.z = base + 3 AND finer.gx BETWEEN touched.gx * 8 AND touched.gx * 8 + 7
                AND finer.gy BETWEEN touched.gy * 8 AND touched.gy * 8 + 7
            GROUP BY touched.community_id, finer.layer, touched.gx, touched.gy
        ), emptied AS (
            DELETE FROM public_release.report_grid AS old USING touched
            WHERE old.community_id = touched.community_id AND old.z = base AND old.gx = touched.gx
                AND old.gy = touched.gy AND NOT EXISTS (
                    SELECT FROM summed WHERE summed.community_id = old.community_id AND summed.layer = old.layer
                        AND summed.gx = old.gx AND summed.gy = old.gy)
        )
        INSERT INTO public_release.report_grid (community_id, layer, z, gx, gy, reports)
        SELECT community_id, layer, base, gx, gy, reports FROM summed
        ON CONFLICT (community_id, z, gx, gy, layer) DO UPDATE SET reports = excluded.reports;
    END LOOP;
END $$;

-- Count the cells that are noted as dirty again, up to a number of notes; gives how many notes were taken.
-- One at a time: the lock comes first, so that every later statement sees what the one before has written.
CREATE FUNCTION mapping.refresh_report_grid(batch integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    owners integer[];
    columns integer[];
    rows integer[];
    taken integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('mapping.report_grid'));
    WITH notes AS (
        DELETE FROM mapping.dirty_cells AS cell USING (
            SELECT community_id, id FROM mapping.dirty_cells ORDER BY id LIMIT batch
        ) AS oldest
        WHERE cell.community_id = oldest.community_id AND cell.id = oldest.id
        RETURNING cell.community_id, cell.gx, cell.gy
    ), cells AS (
        SELECT community_id, gx, gy, count(*) AS notes FROM notes GROUP BY community_id, gx, gy
    )
    SELECT array_agg(community_id), array_agg(gx), array_agg(gy), coalesce(sum(notes), 0)
    INTO owners, columns, rows, taken FROM cells;
    IF taken > 0 THEN
        WITH touched AS (
            SELECT cell.*, ST_MakeEnvelope(
                cell.gx * side - half - 1, half - (cell.gy + 1) * side - 1,
                (cell.gx + 1) * side - half + 1, half - cell.gy * side + 1, 3857) AS reach
            FROM unnest(owners, columns, rows) AS cell (community_id, gx, gy),
                (SELECT 20037508.342789244 AS half, 40075016.68557849 / 131072 AS side) AS world
        ), counted AS (
            SELECT touched.community_id, report.layer, touched.gx, touched.gy, count(*) AS reports
            FROM touched JOIN public_release.reports AS report ON report.community_id = touched.community_id
                AND report.geom_3857 && touched.reach
                AND mapping.grid_column(report.geom_3857) = touched.gx
                AND mapping.grid_row(report.geom_3857) = touched.gy
            GROUP BY touched.community_id, report.layer, touched.gx, touched.gy
        ), emptied AS (
            DELETE FROM public_release.report_grid AS old USING touched
            WHERE old.community_id = touched.community_id AND old.z = 11 AND old.gx = touched.gx
                AND old.gy = touched.gy AND NOT EXISTS (
                    SELECT FROM counted WHERE counted.community_id = old.community_id AND counted.layer = old.layer
                        AND counted.gx = old.gx AND counted.gy = old.gy)
        )
        INSERT INTO public_release.report_grid (community_id, layer, z, gx, gy, reports)
        SELECT community_id, layer, 11, gx, gy, reports FROM counted
        ON CONFLICT (community_id, z, gx, gy, layer) DO UPDATE SET reports = excluded.reports;
        PERFORM mapping.sum_report_grid(owners, columns, rows);
        INSERT INTO public_release.release_changes (community_id, tile_set)
        SELECT DISTINCT owner, 'grid' FROM unnest(owners) AS owner
        WHERE EXISTS (SELECT FROM public_release.communities WHERE id = owner);
    END IF;
    WITH gone AS (
        DELETE FROM public_release.release_changes RETURNING community_id, tile_set
    )
    INSERT INTO public_release.release_versions AS kept (community_id, tile_set, version)
    SELECT community_id, tile_set, count(*) FROM gone GROUP BY community_id, tile_set
    ON CONFLICT (community_id, tile_set) DO UPDATE SET version = kept.version + excluded.version;
    RETURN taken;
END $$;

-- Count everything again: one community, or all of them for null. After writing past the triggers, or to be sure.
CREATE FUNCTION mapping.rebuild_report_grid(owner integer DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('mapping.report_grid'));
    DELETE FROM mapping.dirty_cells WHERE owner IS NULL OR community_id = owner;
    DELETE FROM public_release.report_grid WHERE owner IS NULL OR community_id = owner;
    INSERT INTO public_release.report_grid (community_id, layer, z, gx, gy, reports)
    SELECT community_id, layer, 11, mapping.grid_column(geom_3857), mapping.grid_row(geom_3857), count(*)
    FROM public_release.reports
    WHERE geom_3857 IS NOT NULL AND (owner IS NULL OR community_id = owner)
    GROUP BY 1, 2, 4, 5;
    FOR base IN REVERSE 8..5 BY 3 LOOP
        INSERT INTO public_release.report_grid (community_id, layer, z, gx, gy, reports)
        SELECT community_id, layer, base, gx >> 3, gy >> 3, sum(reports)
        FROM public_release.report_grid
        WHERE z = base + 3 AND (owner IS NULL OR community_id = owner)
        GROUP BY community_id, layer, gx >> 3, gy >> 3;
    END LOOP;
    INSERT INTO public_release.release_changes (community_id, tile_set)
    SELECT id, 'grid' FROM public_release.communities WHERE owner IS NULL OR id = owner;
END $$;

SELECT mapping.rebuild_report_grid();
