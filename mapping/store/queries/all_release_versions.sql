-- What the tiles of all communities together are kept by. Versions only grow and ids are given in order: the newest id,
-- the number of communities and the sum of the versions are the same only if nothing has changed.
WITH kept AS (
    SELECT
        sum(version) FILTER (WHERE tile_set = 'reports') AS reports,
        sum(version) FILTER (WHERE tile_set = 'grid') AS grid,
        sum(version) FILTER (WHERE tile_set = 'hotspots') AS hotspots
    FROM public_release.release_versions
), added AS (
    SELECT
        count(*) FILTER (WHERE tile_set = 'reports') AS reports,
        count(*) FILTER (WHERE tile_set = 'grid') AS grid,
        count(*) FILTER (WHERE tile_set = 'hotspots') AS hotspots
    FROM public_release.release_changes
), owners AS (
    SELECT coalesce(max(id), 0) AS newest, count(*) AS communities, coalesce(sum(network_version), 0) AS streets
    FROM public_release.communities
)
SELECT CAST(NULL AS integer) AS community_id, newest, communities, streets,
    coalesce(kept.reports, 0) + added.reports AS reports,
    coalesce(kept.grid, 0) + added.grid AS grid,
    coalesce(kept.hotspots, 0) + added.hotspots AS hotspots
FROM kept, added, owners
