-- What the tiles of one community are kept by: its id and the version of each tile set.
SELECT id AS community_id, id AS newest, 1 AS communities, network_version AS streets,
    (SELECT coalesce(sum(version), 0) FROM public_release.release_versions
        WHERE community_id = communities.id AND tile_set = 'reports')
    + (SELECT count(*) FROM public_release.release_changes
        WHERE community_id = communities.id AND tile_set = 'reports') AS reports,
    (SELECT coalesce(sum(version), 0) FROM public_release.release_versions
        WHERE community_id = communities.id AND tile_set = 'grid')
    + (SELECT count(*) FROM public_release.release_changes
        WHERE community_id = communities.id AND tile_set = 'grid') AS grid,
    (SELECT coalesce(sum(version), 0) FROM public_release.release_versions
        WHERE community_id = communities.id AND tile_set = 'hotspots')
    + (SELECT count(*) FROM public_release.release_changes
        WHERE community_id = communities.id AND tile_set = 'hotspots') AS hotspots
FROM public_release.communities AS communities
WHERE slug = :slug
